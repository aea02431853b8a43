/// The position of an operation in a distributed trace: trace id, span id, flags and state.
///
/// <https://www.w3.org/TR/trace-context/>
package struct TraceContext: Sendable, Equatable {
    /// 32 lower-case hexadecimal digits, not all of them 0.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all of them 0: the id of this operation.
    package let spanID: String
    /// Whether the caller recorded the trace (the sampled flag).
    package let isSampled: Bool
    /// The `tracestate` of other programs, to be passed on unchanged.
    package let state: String?

    /// Begins a new trace.
    ///
    /// - Parameter random: Draws any 64 bits.
    /// - Returns: A context that is not sampled, since no caller asked for it.
    package static func begun(_ random: () -> UInt64 = Self.system) -> TraceContext {
        TraceContext(
            traceID: digits(random) + digits(random),
            spanID: digits(random),
            isSampled: false,
            state: nil
        )
    }

    /// Continues a caller's trace with a new span, or begins a trace if there is none.
    ///
    /// - Parameters:
    ///   - parents: The values of all `traceparent` headers; see ``init(parents:states:)``.
    ///   - states: The values of all `tracestate` headers, in order.
    ///   - random: Draws any 64 bits.
    /// - Returns: The context of the request that had these headers.
    package static func continuing(
        _ parents: [String],
        _ states: [String],
        _ random: () -> UInt64 = Self.system
    ) -> TraceContext {
        TraceContext(parents: parents, states: states)?.next(random) ?? .begun(random)
    }

    /// A new span in the same trace.
    package func next(_ random: () -> UInt64 = Self.system) -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.digits(random), isSampled: isSampled, state: state)
    }

    /// Parses a caller's headers.
    ///
    /// Fails without exactly one valid `traceparent`.
    ///
    /// - Parameters:
    ///   - parents: The values of all `traceparent` headers; several count as none.
    ///   - states: The values of all `tracestate` headers, in order; dropped if invalid.
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
        // A later version may append more fields after one more hyphen.
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

    /// The `traceparent` header for requests made in this span; it sets only the sampled flag.
    package var traceparent: String { "00-\(traceID)-\(spanID)-0\(isSampled ? 1 : 0)" }

    /// 64 random bits from the system's generator.
    package static func system() -> UInt64 { .random(in: .min ... .max) }

    /// 16 random hexadecimal digits; all 0 is invalid and becomes 1.
    private static func digits(_ random: () -> UInt64) -> String {
        let number = random()
        let text = String(number == 0 ? 1 : number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
