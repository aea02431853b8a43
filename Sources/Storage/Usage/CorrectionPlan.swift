package import Billing

/// The outcome of adding an entry that corrects usage.
package enum CorrectionOutcome: Sendable, Equatable {
    case added
    /// The same entry was added before.
    case known
    /// A different entry has its id; no data were changed.
    case conflict
}

/// The outcome of adding some entries: all or none of them, each once.
package struct CorrectionPlan: Sendable {
    package let outcomes: [CorrectionOutcome]
    /// The entries to write; none if there is a conflict.
    package let entries: [UsageCorrection]

    /// - Parameters:
    ///   - entries: The entries to add.
    ///   - stored: The stored entries with these ids.
    package init(_ entries: [UsageCorrection], stored: [UsageCorrection]) {
        var known = Dictionary(stored.map { ($0.id, $0) }) { $1 }
        var fresh: [UsageCorrection] = []
        outcomes = entries.map { entry in
            guard let same = known[entry.id] else {
                known[entry.id] = entry
                fresh.append(entry)
                return .added
            }
            return same.corrects(theSameAs: entry) ? .known : .conflict
        }
        self.entries = outcomes.contains(.conflict) ? [] : fresh
    }
}
