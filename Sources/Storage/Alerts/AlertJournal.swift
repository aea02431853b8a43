package import Billing

/// What is to be told and was not told yet, and how far that was decided: all that has to outlive the process.
///
/// An alert is written down here together with what it was decided from, and taken out once the receiver has it. So it
/// is told at least once, whatever happens in between, and always under the same name.
package struct AlertJournal: Codable, Sendable, Equatable {
    /// An alert that the receiver does not have yet.
    package struct Pending: Codable, Sendable, Equatable {
        package let alert: Alert
        package var attempts = 0
        /// When to try, or to try again.
        package var dueAt: Instant
        /// Why the last attempt failed.
        package var failure: String?
    }

    /// Quarantined events.
    package struct Quarantine: Codable, Sendable, Equatable {
        /// The newest that was told.
        package var toldThrough: String?
        /// Until when further ones are gathered.
        package var restsUntil: Instant?
    }

    /// Reconciliations.
    package struct Reconciliations: Codable, Sendable, Equatable {
        /// A run whose drift was told and not seen to be mended.
        package struct Standing: Codable, Sendable, Equatable {
            package let runID: String
            package let account: String?
            package let from: Instant
            package let through: Instant

            package init(runID: String, account: String?, from: Instant, through: Instant) {
                self.runID = runID
                self.account = account
                self.from = from
                self.through = through
            }
        }

        /// The run that was the latest at the last look, and its state.
        package var seen: String?
        /// The last event of the log that told of one.
        package var readThrough: String?
        package var standing: [Standing] = []
    }

    /// Webhooks that do not come.
    package struct Silence: Codable, Sendable, Equatable {
        package struct Incident: Codable, Sendable, Equatable {
            package let alertID: String
            package let begunAt: Instant
            /// The last event that came before it; `nil` when none ever did.
            package let lastEvent: String?
            package let lastEventAt: Instant?

            package init(alertID: String, begunAt: Instant, lastEvent: String?, lastEventAt: Instant?) {
                self.alertID = alertID
                self.begunAt = begunAt
                self.lastEvent = lastEvent
                self.lastEventAt = lastEventAt
            }
        }

        /// Since when somebody has been there to be spoken to.
        package var watchedSince: Instant
        package var lookAgainAt: Instant
        package var incident: Incident?
    }

    /// In the order in which it was decided.
    package var pending: [Pending] = []
    package var quarantine = Quarantine()
    package var reconciliations = Reconciliations()
    package var silence: Silence
    /// The newest event of the log that was looked at for payments in danger; `nil` before the first look.
    package var risksReadThrough: String?

    package init(begunAt: Instant) { silence = Silence(watchedSince: begunAt, lookAgainAt: begunAt) }

    package mutating func append(_ alert: Alert, now: Instant) {
        // Decided from the same again: it is on its way.
        guard !pending.contains(where: { $0.alert.id == alert.id }) else { return }
        pending.append(Pending(alert: alert, dueAt: now))
    }

    /// Takes back an alert that is true no more, unless the receiver may have it already.
    ///
    /// - Returns: Whether it will not be told.
    package mutating func withdraw(_ id: String) -> Bool {
        let kept = pending.filter { $0.alert.id != id || $0.attempts > 0 }
        defer { pending = kept }
        return kept.count < pending.count
    }

    /// Whether something of that line is still to be told.
    package func isTelling(_ line: AlertKind.Line) -> Bool { pending.contains { $0.alert.kind.line == line } }

    /// What may be tried now: of each line the first.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - longestWait: The most that anything is put off, in seconds: what is due later was put off by a clock that
    ///     ran ahead.
    /// - Returns: The ids.
    package func due(now: Instant, longestWait: Int64) -> [String] {
        var seen: Set<AlertKind.Line> = []
        return pending.filter { seen.insert($0.alert.kind.line).inserted }
            .filter { $0.dueAt <= now || $0.dueAt.seconds(since: now) > longestWait }
            .map(\.alert.id)
    }

    /// Since when the oldest has been waiting to be told.
    package var oldestAt: Instant? { pending.map(\.alert.at).min() }
}

extension UpkeepRun {
    /// What is kept of alerts; `nil` for another kind, or what a later version wrote.
    package var alertJournal: AlertJournal? { kind == .alerts ? Self.decode(progress) : nil }

    package mutating func keep(_ journal: AlertJournal) { progress = Self.encode(journal) }
}
