package import Billing
package import JSON

/// The alerts that are not sent yet, and how far the service has looked for new ones: the state that must
/// survive a restart.
///
/// An alert is stored together with the state it was derived from, and removed once the receiver has accepted
/// it. So each alert is sent at least once, and always with the same id.
package struct AlertState: Sendable, Equatable {
    /// An alert that the receiver has not accepted yet.
    package struct Pending: Sendable, Equatable {
        package let alert: Alert
        package var attempts = 0
        /// When the next attempt is due.
        package var dueAt: Instant
        /// Why the last attempt failed.
        package var failure: String?
    }

    /// The state of the search for quarantined events.
    package struct Quarantine: Sendable, Equatable {
        /// The newest event that an alert has reported.
        package var lastSentEvent: String?
        /// Until when further events are collected for the next alert.
        package var cooldownUntil: Instant?
    }

    /// The state of the search for reconciliations with drift.
    package struct Reconciliations: Sendable, Equatable {
        /// A run whose drift was reported, and has not been resolved since.
        package struct Standing: Sendable, Equatable {
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
    package struct Silence: Sendable, Equatable {
        package struct DeliveryOutage: Sendable, Equatable {
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
        package var monitoringSince: Instant
        package var lookAgainAt: Instant
        package var incident: DeliveryOutage?
    }

    /// In the order in which they were added.
    package var pending: [Pending] = []
    package var quarantine = Quarantine()
    package var reconciliations = Reconciliations()
    package var silence: Silence
    /// The newest event of the log that was checked for payments at risk; `nil` before the first check.
    package var risksReadThrough: String?

    package init(begunAt: Instant) { silence = Silence(monitoringSince: begunAt, lookAgainAt: begunAt) }

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
    package func isPending(_ topic: AlertKind.Topic) -> Bool {
        pending.contains { $0.alert.kind.topic == topic }
    }

    /// The alerts that may be sent now: at most the first of each line.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - longestWait: The longest delay of an attempt, in seconds. A due time further ahead was written
    ///     while the clock was ahead, and counts as due.
    /// - Returns: The ids.
    package func due(now: Instant, longestWait: Int64) -> [String] {
        var seen: Set<AlertKind.Topic> = []
        return pending.filter { seen.insert($0.alert.kind.topic).inserted }
            .filter { $0.dueAt <= now || $0.dueAt.seconds(since: now) > longestWait }
            .map(\.alert.id)
    }

    /// When the oldest alert that is not sent yet was created.
    package var oldestAt: Instant? { pending.map(\.alert.at).min() }
}

extension Job {
    /// The state of alerts; `nil` for a job of another kind, or for JSON of a later version.
    package var alertJournal: AlertState? { kind == .alerts ? Self.decode(progress) : nil }
}

// MARK: JSON

extension AlertState: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        pending = try json.decode("pending")
        quarantine = try json.decode("quarantine")
        reconciliations = try json.decode("reconciliations")
        silence = try json.decode("silence")
        risksReadThrough = try json.decodeIfPresent("risksReadThrough")
    }

    package func write(to json: inout JSONWriter) {
        json.member("pending", pending)
        json.member("quarantine", quarantine)
        json.member("reconciliations", reconciliations)
        json.member("risksReadThrough", risksReadThrough)
        json.member("silence", silence)
    }
}

extension AlertState.Pending: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        alert = try json.decode("alert")
        attempts = try json.decode("attempts")
        dueAt = try json.decode("dueAt")
        failure = try json.decodeIfPresent("failure")
    }

    package func write(to json: inout JSONWriter) {
        json.member("alert", alert)
        json.member("attempts", attempts)
        json.member("dueAt", dueAt)
        json.member("failure", failure)
    }
}

extension AlertState.Quarantine: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        lastSentEvent = try json.decodeIfPresent("toldThrough")
        cooldownUntil = try json.decodeIfPresent("cooldownUntil")
    }

    package func write(to json: inout JSONWriter) {
        json.member("cooldownUntil", cooldownUntil)
        json.member("toldThrough", lastSentEvent)
    }
}

extension AlertState.Reconciliations: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        seen = try json.decodeIfPresent("seen")
        readThrough = try json.decodeIfPresent("readThrough")
        standing = try json.decode("standing")
    }

    package func write(to json: inout JSONWriter) {
        json.member("readThrough", readThrough)
        json.member("seen", seen)
        json.member("standing", standing)
    }
}

extension AlertState.Reconciliations.Standing: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        runID = try json.decode("runID")
        account = try json.decodeIfPresent("account")
        from = try json.decode("from")
        through = try json.decode("through")
    }

    package func write(to json: inout JSONWriter) {
        json.member("account", account)
        json.member("from", from)
        json.member("runID", runID)
        json.member("through", through)
    }
}

extension AlertState.Silence: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        monitoringSince = try json.decode("watchedSince")
        lookAgainAt = try json.decode("lookAgainAt")
        incident = try json.decodeIfPresent("incident")
    }

    package func write(to json: inout JSONWriter) {
        json.member("incident", incident)
        json.member("lookAgainAt", lookAgainAt)
        json.member("watchedSince", monitoringSince)
    }
}

extension AlertState.Silence.DeliveryOutage: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        alertID = try json.decode("alertID")
        begunAt = try json.decode("begunAt")
        lastEvent = try json.decodeIfPresent("lastEvent")
        lastEventAt = try json.decodeIfPresent("lastEventAt")
    }

    package func write(to json: inout JSONWriter) {
        json.member("alertID", alertID)
        json.member("begunAt", begunAt)
        json.member("lastEvent", lastEvent)
        json.member("lastEventAt", lastEventAt)
    }
}
