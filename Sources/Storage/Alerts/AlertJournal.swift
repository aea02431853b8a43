package import Billing

/// The alerts that are not sent yet, and how far the service has looked for new ones: the state that must
/// survive a restart.
///
/// An alert is stored together with the state it was derived from, and removed once the receiver has accepted
/// it. So each alert is sent at least once, and always with the same id.
package struct AlertJournal: Codable, Sendable, Equatable {
    /// An alert that the receiver has not accepted yet.
    package struct Pending: Codable, Sendable, Equatable {
        package let alert: Alert
        package var attempts = 0
        /// When the next attempt is due.
        package var dueAt: Instant
        /// Why the last attempt failed.
        package var failure: String?
    }

    /// The state of the search for quarantined events.
    package struct Quarantine: Codable, Sendable, Equatable {
        /// The newest event that an alert has reported.
        package var toldThrough: String?
        /// Until when further events are collected for the next alert.
        package var restsUntil: Instant?
    }

    /// The state of the search for reconciliations with drift.
    package struct Reconciliations: Codable, Sendable, Equatable {
        /// A run whose drift was reported, and has not been resolved since.
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

        /// The latest run at the last look, and its state.
        package var seen: String?
        /// The newest event of the log that records the completion of a run.
        package var readThrough: String?
        package var standing: [Standing] = []
    }

    /// The state of the check for missing webhooks.
    package struct Silence: Codable, Sendable, Equatable {
        package struct Incident: Codable, Sendable, Equatable {
            package let alertID: String
            package let begunAt: Instant
            /// The last event that arrived before the incident; `nil` if none has ever arrived.
            package let lastEvent: String?
            package let lastEventAt: Instant?

            package init(alertID: String, begunAt: Instant, lastEvent: String?, lastEventAt: Instant?) {
                self.alertID = alertID
                self.begunAt = begunAt
                self.lastEvent = lastEvent
                self.lastEventAt = lastEventAt
            }
        }

        /// When this deployment began monitoring.
        package var watchedSince: Instant
        package var lookAgainAt: Instant
        package var incident: Incident?
    }

    /// In the order in which they were added.
    package var pending: [Pending] = []
    package var quarantine = Quarantine()
    package var reconciliations = Reconciliations()
    package var silence: Silence
    /// The newest event of the log that was checked for payments at risk; `nil` before the first check.
    package var risksReadThrough: String?

    package init(begunAt: Instant) { silence = Silence(watchedSince: begunAt, lookAgainAt: begunAt) }

    package mutating func append(_ alert: Alert, now: Instant) {
        // Added before from the same cause.
        guard !pending.contains(where: { $0.alert.id == alert.id }) else { return }
        pending.append(Pending(alert: alert, dueAt: now))
    }

    /// Removes an alert whose cause is gone, unless the receiver may have it already.
    ///
    /// - Returns: Whether the alert was removed.
    package mutating func withdraw(_ id: String) -> Bool {
        let kept = pending.filter { $0.alert.id != id || $0.attempts > 0 }
        defer { pending = kept }
        return kept.count < pending.count
    }

    /// Whether an alert of that line is not sent yet.
    package func isTelling(_ line: AlertKind.Line) -> Bool { pending.contains { $0.alert.kind.line == line } }

    /// The alerts that may be sent now: at most the first of each line.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - longestWait: The longest delay of an attempt, in seconds. A due time further ahead was written
    ///     while the clock was ahead, and counts as due.
    /// - Returns: The ids.
    package func due(now: Instant, longestWait: Int64) -> [String] {
        var seen: Set<AlertKind.Line> = []
        return pending.filter { seen.insert($0.alert.kind.line).inserted }
            .filter { $0.dueAt <= now || $0.dueAt.seconds(since: now) > longestWait }
            .map(\.alert.id)
    }

    /// When the oldest alert that is not sent yet was created.
    package var oldestAt: Instant? { pending.map(\.alert.at).min() }
}

extension UpkeepRun {
    /// The state of alerts; `nil` for a run of another kind, or for JSON of a later version.
    package var alertJournal: AlertJournal? { kind == .alerts ? Self.decode(progress) : nil }

    package mutating func keep(_ journal: AlertJournal) { progress = Self.encode(journal) }
}
