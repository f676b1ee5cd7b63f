import Quantization
import Randomness
import Tensors
import Testing

@Suite struct RecipeTests {
    @Test func theLastMatchingRuleCounts() throws {
        let recipe = try QuantizationRecipe(
            parsing: """
                # attention keeps more
                blk.*.attn_*  q8_0
                blk.?.ffn_*_exps.weight Q4_K   # experts
                blk.7.ffn_down_exps.weight experts=0-3,17 Q6_K
                """, file: "recipe")
        #expect(recipe.type(of: "blk.12.attn_q.weight") == .q8_0)
        #expect(recipe.type(of: "blk.12.ffn_up_exps.weight") == nil)
        #expect(recipe.type(of: "blk.7.ffn_up_exps.weight", expert: 2) == .q4_K)
        #expect(recipe.type(of: "blk.7.ffn_down_exps.weight", expert: 2) == .q6_K)
        #expect(recipe.type(of: "blk.7.ffn_down_exps.weight", expert: 17) == .q6_K)
        #expect(recipe.type(of: "blk.7.ffn_down_exps.weight", expert: 4) == .q4_K)
        #expect(recipe.type(of: "blk.7.ffn_down_exps.weight") == .q4_K)
        #expect(recipe.type(of: "output.weight") == nil)
    }

    @Test(arguments: [
        "a", "a b c d", "* Q3_K", "* experts=3-1 Q8_0", "* experts=x Q8_0", "* experts= Q8_0", "* experts=1- Q8_0",
        "* expert=1 Q8_0", "* experts=1-2-3 Q8_0", "* experts=99999999999999999999 Q8_0",
    ])
    func mistakesNameTheLine(text: String) {
        let error = #expect(throws: QuantizationError.self) {
            try QuantizationRecipe(parsing: "blk.* Q8_0\n" + text, file: "my.recipe")
        }
        #expect(error?.description.contains("my.recipe: line 2") == true)
    }

    /// Patterns against the definition by recursion, and one that would take exponential time by it.
    @Test func patternsMatchAsDefined() throws {
        func matches(_ pattern: Substring, _ name: Substring) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" {
                return matches(pattern.dropFirst(), name) || !name.isEmpty && matches(pattern, name.dropFirst())
            }
            return !name.isEmpty && (first == "?" || first == name.first)
                && matches(pattern.dropFirst(), name.dropFirst())
        }
        for seed in UInt64(1)...2000 {
            var random = SplitMix64(seed: seed)
            func text(_ letters: String) -> String {
                String(
                    (0..<Int.random(in: 1...7, using: &random)).compactMap { _ in letters.randomElement(using: &random)
                    })
            }
            let (pattern, name) = (text("ab*?"), text("ab"))
            let recipe = try QuantizationRecipe(parsing: "\(pattern) F16", file: "recipe")
            #expect(
                (recipe.type(of: name) == .f16) == matches(pattern[...], name[...]), "seed \(seed): \(pattern) \(name)")
        }
        let slow = try QuantizationRecipe(parsing: String(repeating: "*a", count: 40) + "b F16", file: "recipe")
        #expect(slow.type(of: String(repeating: "a", count: 4000)) == nil)
    }
}
