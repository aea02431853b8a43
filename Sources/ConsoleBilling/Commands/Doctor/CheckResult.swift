import Scenarios

/// One result of `doctor`.
struct CheckResult: Sendable, Equatable {
    enum State: String, Sendable {
        case good, bad
        /// It works but could be improved.
        case advice
        /// It could not be checked, or need not be.
        case skipped
    }

    /// The name of the check, such as `clock` or `stripe.key`.
    let name: String
    let state: State
    /// The result and, if bad, how to fix it.
    let sentence: String

    static func good(_ name: String, _ sentence: String) -> CheckResult {
        CheckResult(name: name, state: .good, sentence: sentence)
    }

    static func bad(_ name: String, _ sentence: String) -> CheckResult {
        CheckResult(name: name, state: .bad, sentence: sentence)
    }

    static func advice(_ name: String, _ sentence: String) -> CheckResult {
        CheckResult(name: name, state: .advice, sentence: sentence)
    }

    static func skipped(_ name: String, _ sentence: String) -> CheckResult {
        CheckResult(name: name, state: .skipped, sentence: sentence)
    }

    func line(_ palette: Palette) -> String {
        let mark =
            switch state {
            case .good: palette.paint("✓", .green)
            case .bad: palette.paint("✗", .red)
            case .advice: palette.paint("!", .yellow)
            case .skipped: palette.paint("–", .dim)
            }
        return "\(mark) \(name): \(sentence)"
    }

    var json: OrderedJSON {
        ["name": .string(name), "state": .string(state.rawValue), "sentence": .string(sentence)]
    }
}
