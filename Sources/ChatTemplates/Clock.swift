import Foundation

/// The time that `strftime_now` writes, in the C locale as Python does.
struct Clock: Sendable {
    let now: Date
    let timeZone: TimeZone

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// Python's `datetime.now().strftime(format)`.
    func format(_ format: String) throws(Fault) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let units: Set<Calendar.Component> = [
            .year, .month, .day, .hour, .minute, .second, .nanosecond, .weekday,
        ]
        let fields = Fields(
            calendar.dateComponents(units, from: now),
            dayOfYear: calendar.ordinality(of: .day, in: .year, for: now) ?? 1)
        var output = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                output += try Clock.directive(&rest, fields)
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private struct Fields {
        let year, month, day, hour, minute, second, microsecond, weekday, dayOfYear: Int

        init(_ parts: DateComponents, dayOfYear: Int) {
            year = parts.year ?? 1970
            month = parts.month ?? 1
            day = parts.day ?? 1
            hour = parts.hour ?? 0
            minute = parts.minute ?? 0
            second = parts.second ?? 0
            microsecond = (parts.nanosecond ?? 0) / 1000
            weekday = (parts.weekday ?? 1) - 1
            self.dayOfYear = dayOfYear
        }

        /// Week of the year, weeks beginning on `firstDay` (0 is Sunday); days before the first are in week 0.
        func week(from firstDay: Int) -> Int { (dayOfYear + 6 - (weekday - firstDay + 7) % 7) / 7 }
    }

    /// Writes the directive after a `%`, with glibc's flags `-` (no padding), `_` (spaces), `0` (zeros) and
    /// `^` (upper case).
    private static func directive(_ rest: inout Substring.UnicodeScalarView, _ fields: Fields) throws(Fault) -> String {
        var flag: Unicode.Scalar?
        if let next = rest.first, "-_0^".unicodeScalars.contains(next) { flag = rest.popFirst() }
        guard let letter = rest.popFirst() else { return "%" + (flag.map(String.init) ?? "") }
        if let (value, width, padding) = number(letter, fields) { return padded(value, width, flag ?? padding) }
        guard let text = try words(letter, fields) else {
            throw .unsupported("time directive '%\(letter)'")
        }
        return flag == "^" ? text.uppercased() : text
    }

    private static func padded(_ value: Int, _ width: Int, _ flag: Unicode.Scalar) -> String {
        let digits = String(value)
        guard flag != "-" else { return digits }
        return String(repeating: flag == "_" ? " " : "0", count: max(width - digits.count, 0)) + digits
    }

    private static func number(_ letter: Unicode.Scalar, _ fields: Fields) -> (
        Int, width: Int, padding: Unicode.Scalar
    )? {
        let hour12 = (fields.hour + 11) % 12 + 1
        switch letter {
        case "Y": return (fields.year, 1, "-")
        case "C": return (fields.year / 100, 2, "0")
        case "y": return (fields.year % 100, 2, "0")
        case "m": return (fields.month, 2, "0")
        case "d": return (fields.day, 2, "0")
        case "e": return (fields.day, 2, "_")
        case "H": return (fields.hour, 2, "0")
        case "k": return (fields.hour, 2, "_")
        case "I": return (hour12, 2, "0")
        case "l": return (hour12, 2, "_")
        case "M": return (fields.minute, 2, "0")
        case "S": return (fields.second, 2, "0")
        case "f": return (fields.microsecond, 6, "0")
        case "j": return (fields.dayOfYear, 3, "0")
        case "w": return (fields.weekday, 1, "0")
        case "u": return ((fields.weekday + 6) % 7 + 1, 1, "0")
        case "U": return (fields.week(from: 0), 2, "0")
        case "W": return (fields.week(from: 1), 2, "0")
        default: return nil
        }
    }

    private static func words(_ letter: Unicode.Scalar, _ fields: Fields) throws(Fault) -> String? {
        func all(_ format: String) throws(Fault) -> String {
            var output = ""
            var rest = format.unicodeScalars[...]
            while let scalar = rest.popFirst() {
                output += scalar == "%" ? try directive(&rest, fields) : String(scalar)
            }
            return output
        }
        switch letter {
        case "B": return months[fields.month - 1]
        case "b", "h": return String(months[fields.month - 1].prefix(3))
        case "A": return days[fields.weekday]
        case "a": return String(days[fields.weekday].prefix(3))
        case "p": return fields.hour < 12 ? "AM" : "PM"
        case "P": return fields.hour < 12 ? "am" : "pm"
        // `datetime.now()` has no time zone.
        case "z", "Z": return ""
        case "F": return try all("%Y-%m-%d")
        case "T", "X": return try all("%H:%M:%S")
        case "R": return try all("%H:%M")
        case "D", "x": return try all("%m/%d/%y")
        case "r": return try all("%I:%M:%S %p")
        case "c": return try all("%a %b %e %H:%M:%S %Y")
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return nil
        }
    }
}
