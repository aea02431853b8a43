/// Where a piece of work stands in a trace that may go through many programs.
///
/// <https://www.w3.org/TR/trace-context/>
package struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all of them 0.
    package let traceID: String
    /// 16 of them: this piece of work in the trace.
    package let spanID: String
    /// Whether whoever began the trace keeps what becomes of it.
    package let isSampled: Bool
    /// What other programs want passed on, as they wrote it.
    package let state: String?

    /// A trace of its own.
    ///
    /// - Parameter random: Draws any 64 bits.
    /// - Returns: One that nobody samples, for nobody asked for it.
    package static func begun(_ random: () -> UInt64 = Self.system) -> TraceContext {
        TraceContext(
            traceID: digits(random) + digits(random),
            spanID: digits(random),
            isSampled: false,
            state: nil
        )
    }

    /// The next piece of work in the same trace.
    package func next(_ random: () -> UInt64 = Self.system) -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.digits(random), isSampled: isSampled, state: state)
    }

    /// What a caller says of the trace that its request is part of.
    ///
    /// - Parameters:
    ///   - parents: Every `traceparent` there is. What is none, or more than one, is as good as none.
    ///   - states: Every `tracestate`, in order; passed on only with a parent, and dropped where it cannot be right.
    package init?(parents: [String], states: [String] = []) {
        guard parents.count == 1, let parent = parents.first else { return nil }
        let text = Array(parent.utf8)
        let fields = [0..<2, 3..<35, 36..<52, 53..<55]
        guard text.count >= 55, [2, 35, 52].allSatisfy({ text[$0] == UInt8(ascii: "-") }),
            fields.allSatisfy({ text[$0].allSatisfy(Self.isDigit) })
        else { return nil }
        let parts = fields.map { String(decoding: text[$0], as: UTF8.self) }
        switch parts[0] {
        case "ff": return nil
        case "00": guard text.count == 55 else { return nil }
        // A version to come may say more, behind one more hyphen.
        default: guard text.count == 55 || text[55] == UInt8(ascii: "-") else { return nil }
        }
        guard parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(
            traceID: parts[1],
            spanID: parts[2],
            isSampled: flags & 1 == 1,
            state: TraceState.passedOn(states)
        )
    }

    private init(traceID: String, spanID: String, isSampled: Bool, state: String?) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// The header that makes this piece of work the parent of what is asked for; of the flags, the one that we know.
    package var traceparent: String { "00-\(traceID)-\(spanID)-0\(isSampled ? 1 : 0)" }

    /// The system's own generator.
    package static func system() -> UInt64 { .random(in: .min ... .max) }

    /// 16 digits, of which all 0 would be none.
    private static func digits(_ random: () -> UInt64) -> String {
        let number = random()
        let text = String(number == 0 ? 1 : number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
