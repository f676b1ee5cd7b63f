/// A statement of a template, and the line it begins on.
struct Statement: Sendable {
    enum Kind: Sendable {
        case text(Text)
        case output([Expression])
        case conditional(Conditional)
        case loop(Loop)
        case assign(AssignmentTarget, Expression)
        /// `{% set x %}…{% endset %}`, with the filters its text goes through.
        case assignBlock(AssignmentTarget, filters: [PostfixStep], body: [Statement])
        case macro(name: String, MacroDefinition)
        /// `{% call(x) f() %}…{% endcall %}`: prints the call, which gets the body as `caller`.
        case call(Expression, caller: MacroDefinition)
        case filterBlock([PostfixStep], body: [Statement])
        case with([(target: AssignmentTarget, value: Expression)], body: [Statement])
        /// `{% generation %}…{% endgeneration %}`: prints the body, in a scope of its own.
        case generation([Statement])
        case breakLoop
        case continueLoop
    }

    let line: Int
    let kind: Kind
}

/// `{% if %}` with its `elif` branches.
struct Conditional: Sendable {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
}

/// `{% for %}`.
struct Loop: Sendable {
    let target: AssignmentTarget
    let items: Expression
    /// Items for which it is false are left out.
    let condition: Expression?
    /// Whether the body may call `loop(items)`.
    let isRecursive: Bool
    let body: [Statement]
    /// What is printed when there are no items.
    let otherwise: [Statement]
}

/// A macro, or the body of a call block.
struct MacroDefinition: Sendable {
    let parameters: [(name: String, fallback: Expression?)]
    let body: [Statement]
    /// Which of `caller`, `varargs` and `kwargs` the body names; only then does the macro take them.
    let specialNames: Set<String>
}

/// What `set`, `for` and `with` assign to.
indirect enum AssignmentTarget: Sendable {
    case name(String)
    /// An attribute of a namespace.
    case attribute(namespace: String, String)
    case tuple([AssignmentTarget])
}

/// An expression. Chains of operators and of postfixes are flat, so that only brackets nest.
indirect enum Expression: Sendable {
    case literal(Literal)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case negated(Expression)
    case plus(Expression)
    case not(Expression)
    case and([Expression])
    case or([Expression])
    /// Arithmetic from left to right, all operators of one precedence.
    case arithmetic(Expression, [(operation: ArithmeticOperator, operand: Expression)])
    case concatenation([Expression])
    case comparison(Expression, [(operation: ComparisonOperator, operand: Expression)])
    /// `value if condition else otherwise`.
    case conditional(condition: Expression, value: Expression, otherwise: Expression?)
    case postfix(Expression, [PostfixStep])
}

/// A constant of the source.
enum Literal: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(Text)
}

enum ArithmeticOperator: Sendable {
    case add, subtract, multiply, divide, floorDivide, modulo, power
}

enum ComparisonOperator: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

/// What follows an operand: `.name`, `[key]`, `[a:b]`, `(arguments)`, `|filter`, `is test`.
struct PostfixStep: Sendable {
    enum Kind: Sendable {
        case attribute(String)
        case subscripted(Expression)
        case slice(lower: Expression?, upper: Expression?, step: Expression?)
        case call(ArgumentList)
        case filter(String, ArgumentList)
        case test(String, ArgumentList, isNegated: Bool)
    }

    let line: Int
    let kind: Kind
}

/// The arguments of a call, as written.
struct ArgumentList: Sendable {
    var positional: [Expression] = []
    var keywords: [(name: String, value: Expression)] = []
    /// `*items`
    var unpackedItems: Expression?
    /// `**members`
    var unpackedMembers: Expression?
}
