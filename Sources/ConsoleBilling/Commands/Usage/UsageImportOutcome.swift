import JSON
import Scenarios

/// The service's answer to some usage records.
struct UsageIntakeResponse: JSONDecodable {
    /// A final day that a record contradicts; it stays as it was.
    struct Contradiction: JSONDecodable, Equatable, CustomStringConvertible {
        let date: String
        /// The lease whose part of the day stays as it was; `nil` for the day of the calendar.
        let lease: String?
        /// The fields in which the record differs from the day of the calendar; `nil` for a lease.
        let difference: String?

        init(_ json: JSONValue) throws(JSONFieldError) {
            date = try json.decode("date")
            lease = try json.decodeIfPresent("lease")
            difference = try json.decodeIfPresent("difference")
        }

        var description: String {
            "\(date) stays as it was" + (lease.map { ", for the lease \($0)" } ?? "")
                + (difference.map { ": \($0)" } ?? "") + "."
        }
    }

    let accepted: Int
    let changed: Int
    let contradictions: Int
    /// The first of the contradictions.
    let contradicted: [Contradiction]
    /// Sentences about records that the service took.
    let warnings: [String]

    init(_ json: JSONValue) throws(JSONFieldError) {
        accepted = try json.decode("accepted")
        changed = try json.decode("changed")
        contradictions = try json.decode("contradictions")
        contradicted = try json.decode("contradicted")
        warnings = try json.decodeIfPresent("warnings") ?? []
    }
}

/// The result of `usage import`, added up over the parts in which the records are sent.
struct UsageImportOutcome {
    private(set) var accepted = 0
    private(set) var changed = 0
    private(set) var contradictions = 0
    /// The first of the contradictions.
    private(set) var contradicted: [UsageIntakeResponse.Contradiction] = []
    var skipped = 0
    /// Each sentence once.
    private(set) var warnings: [String] = []

    private static let maximumContradicted = 100

    mutating func add(_ answer: UsageIntakeResponse) {
        accepted += answer.accepted
        changed += answer.changed
        contradictions += answer.contradictions
        contradicted += answer.contradicted.prefix(Self.maximumContradicted - contradicted.count)
        warnings += answer.warnings.filter { !warnings.contains($0) }
    }

    var json: OrderedJSON {
        [
            "object": "usage_import", "accepted": .integer(Int64(accepted)),
            "changed": .integer(Int64(changed)), "contradictions": .integer(Int64(contradictions)),
            "contradicted": .array(
                contradicted.map {
                    ["date": .string($0.date), "lease": .text($0.lease), "difference": .text($0.difference)]
                }
            ),
            "skipped": .integer(Int64(skipped)), "warnings": .array(warnings.map(OrderedJSON.string)),
        ]
    }

    var line: String {
        var line = "\(accepted) records taken, \(changed) of them new or changed."
        if contradictions > 0 {
            line += " Contradicted final days, which stay as they were: \(contradictions)."
        }
        if skipped > 0 { line += " \(skipped) bad lines skipped." }
        return line
    }
}
