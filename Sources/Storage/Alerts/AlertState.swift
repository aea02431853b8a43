package import Billing
package import JSON

/// How far the service has looked for reasons for alerts: the state that must survive a restart.
package struct AlertState: Sendable, Equatable {
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

    /// The state of the comparison of balances with those that Console and the chain state.
    package struct Balances: Sendable, Equatable {
        /// When the next pass over the stated balances begins.
        package var lookAgainAt = Instant(unixSeconds: 0)
        /// The last customer that the pass under way compared; `nil` between two passes.
        package var comparedThrough: String?
        /// The drift that the pass found so far, by customer, in dollars.
        package var found: [String: String] = [:]
        /// The customers whose drift was reported and has not ended since.
        package var told: Set<String> = []
        /// Whether the last alert told of drift.
        package var isStanding = false
    }

    package var balances = Balances()
    package var quarantine = Quarantine()
    package var reconciliations = Reconciliations()
    package var silence: Silence
    /// The newest event of the log that was checked for payments at risk; `nil` before the first check.
    package var risksReadThrough: String?

    /// When the state was stored: after a longer pause than a restart takes, the service was down.
    package var lookedAt: Instant

    package init(begunAt: Instant) {
        silence = Silence(monitoringSince: begunAt, lookAgainAt: begunAt)
        lookedAt = begunAt
    }
}

extension Job {
    /// The state of the search for alerts; `nil` for a job of another kind, or for JSON of a later version.
    package var alertState: AlertState? { kind == .alertSearch ? Self.decode(progress) : nil }
}

// MARK: JSON

extension AlertState: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        balances = try json.decodeIfPresent("balances") ?? Balances()
        lookedAt = try json.decode("lookedAt")
        quarantine = try json.decode("quarantine")
        reconciliations = try json.decode("reconciliations")
        silence = try json.decode("silence")
        risksReadThrough = try json.decodeIfPresent("risksReadThrough")
    }

    package func write(to json: inout JSONWriter) {
        json.member("balances", balances)
        json.member("lookedAt", lookedAt)
        json.member("quarantine", quarantine)
        json.member("reconciliations", reconciliations)
        json.member("risksReadThrough", risksReadThrough)
        json.member("silence", silence)
    }
}

extension AlertState.Balances: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        lookAgainAt = try json.decode("lookAgainAt")
        comparedThrough = try json.decodeIfPresent("comparedThrough")
        let customers: [String] = try json.decode("found")
        let drifts: [String] = try json.decode("drifts")
        found = Dictionary(zip(customers, drifts)) { first, _ in first }
        told = Set(try json.decode("told") as [String])
        isStanding = try json.decode("isStanding")
    }

    package func write(to json: inout JSONWriter) {
        let found = found.sorted { $0.key < $1.key }
        json.member("comparedThrough", comparedThrough)
        json.member("drifts", found.map(\.value))
        json.member("found", found.map(\.key))
        json.member("isStanding", isStanding)
        json.member("lookAgainAt", lookAgainAt)
        json.member("told", told.sorted())
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
