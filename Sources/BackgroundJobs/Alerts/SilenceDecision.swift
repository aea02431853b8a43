import Billing
import JSON
import Storage

/// Whether missing webhooks are an outage: Stripe lists events that did not arrive, rather than no customer
/// paying.
enum SilenceDecision: Sendable, Equatable {
    /// No outage is known; check again at that time.
    case wait(until: Instant)
    /// No webhook arrived for too long: ask Stripe for its events of that period.
    case ask(since: Instant, through: Instant)
    /// Webhooks arrive again after an outage.
    case resumed(Alert)

    /// How often the log is checked for the end of an outage.
    static let incidentSeconds: Int64 = 15
    /// Events younger than this may still be on their way.
    private static let settlingSeconds: Int64 = 300

    /// - Parameters:
    ///   - watch: The stored state of the check.
    ///   - last: The last event that a webhook delivered.
    ///   - after: How many seconds without a webhook before Stripe is asked.
    ///   - formatter: Builds the alert.
    ///   - now: The current time.
    init(
        _ watch: AlertState.Silence,
        last: EventEntry?,
        after: Int64,
        by formatter: AlertFormatter,
        now: Instant
    ) {
        if let incident = watch.incident {
            guard let last, last.id != incident.lastEvent else {
                self = .wait(until: now.adding(seconds: Self.incidentSeconds))
                return
            }
            self = .resumed(formatter.resumed(incident, last, now: now))
            return
        }
        // The service's own downtime does not count: no webhook could arrive then.
        let heardAt = min(now, max(last?.receivedAt ?? watch.monitoringSince, watch.monitoringSince))
        guard now.seconds(since: heardAt) >= after else {
            self = .wait(until: heardAt.adding(seconds: after))
            return
        }
        let since = last.map { min($0.created ?? $0.receivedAt, $0.receivedAt) } ?? watch.monitoringSince
        let through = now.adding(seconds: -min(Self.settlingSeconds, after))
        self =
            since <= through
            ? .ask(since: since, through: through) : .wait(until: now.adding(seconds: after))
    }
}

/// Events that Stripe lists and the log lacks.
struct MissedEvents: Sendable, Equatable {
    struct Event: Sendable, Equatable {
        let id: String
        let type: String
        let created: Instant?
    }

    /// The newest ones, newest first.
    private(set) var first: [Event] = []
    private(set) var count = 0
    /// Whether Stripe may have more: a page of only missing events was not the last one.
    var isMore = false

    mutating func add(_ event: Event) {
        count += 1
        first.append(event)
        first.sort { ($0.created?.unixSeconds ?? 0, $0.id) > ($1.created?.unixSeconds ?? 0, $1.id) }
        first = Array(first.prefix(AlertFormatter.namedAtMost))
    }
}

extension AlertState.Silence {
    /// How often Stripe is asked for missing events while no webhook arrives.
    static func pauseSeconds(after: Int64) -> Int64 { min(max(after, 10), 3600) }

    /// How long to wait after Stripe failed to answer.
    static func retrySeconds(after: Int64) -> Int64 { min(max(after, 10), 300) }

    /// Begins an outage if Stripe lists events that did not arrive.
    ///
    /// - Parameters:
    ///   - missedEvents: The events that Stripe lists and the log lacks.
    ///   - last: The last event that a webhook delivered.
    ///   - after: See ``SilenceDecision``.
    ///   - formatter: Builds the alert.
    ///   - now: The current time.
    /// - Returns: The alert; `nil` when no event is missing.
    mutating func update(
        _ missedEvents: MissedEvents,
        last: EventEntry?,
        after: Int64,
        by formatter: AlertFormatter,
        now: Instant
    ) -> Alert? {
        lookAgainAt = now.adding(seconds: Self.pauseSeconds(after: after))
        guard missedEvents.count > 0 else { return nil }
        lookAgainAt = now.adding(seconds: SilenceDecision.incidentSeconds)
        let alert = formatter.silent(missedEvents, last, since: monitoringSince, now: now)
        incident = DeliveryOutage(
            alertID: alert.id,
            begunAt: now,
            lastEvent: last?.id,
            lastEventAt: last?.receivedAt
        )
        return alert
    }
}

extension AlertFormatter {
    fileprivate func silent(
        _ missedEvents: MissedEvents,
        _ last: EventEntry?,
        since monitoringSince: Instant,
        now: Instant
    ) -> Alert {
        let heardAt = last?.receivedAt ?? monitoringSince
        let minutes = max(0, now.seconds(since: heardAt)) / 60
        let count = "\(missedEvents.isMore ? "at least " : "")\(missedEvents.count)"
        var facts = JSONMembers()
        facts.add("events", missedEvents.first)
        facts.add("last_event_at", last?.receivedAt.rfc3339)
        facts.add("missing", missedEvents.count)
        facts.add("missing_is_minimum", missedEvents.isMore)
        facts.add("silent_minutes", minutes)
        return alert(
            .stripeSilent,
            about: [last?.id ?? "", heardAt.rfc3339],
            now: now,
            Words(
                summary: "No webhook has come for \(minutes) minutes, and Stripe lists \(count) "
                    + "\(missedEvents.count == 1 && !missedEvents.isMore ? "event" : "events") of that time that "
                    + "\(missedEvents.count == 1 && !missedEvents.isMore ? "is" : "are") not here.",
                nextStep:
                    "Run `console-billing doctor`: it says whether the endpoint at Stripe is enabled, has our "
                    + "address and all types. Fix that, then run "
                    + "`console-billing backfill --since \(heardAt.rfc3339)`.",
                section: .silence
            ),
            facts
        )
    }

    fileprivate func resumed(
        _ incident: AlertState.Silence.DeliveryOutage,
        _ event: EventEntry,
        now: Instant
    ) -> Alert {
        let since = incident.lastEventAt ?? incident.begunAt
        var facts = JSONMembers()
        // The `webhook-id` of the alert that reported the outage.
        facts.add("alert", incident.alertID)
        facts.add("event", event.id)
        facts.add("last_event_at", incident.lastEventAt?.rfc3339)
        facts.add("resumed_at", event.receivedAt.rfc3339)
        return alert(
            .stripeResumed,
            about: [incident.alertID],
            now: now,
            Words(
                summary: "Stripe's webhooks arrive again.",
                nextStep:
                    "Run `console-billing backfill --since \(since.rfc3339)`: what failed meanwhile Stripe "
                    + "sends again for three days at most, and not at all for the time that the endpoint was disabled.",
                section: .silence
            ),
            facts
        )
    }
}

extension MissedEvents.Event: JSONObject {
    func write(to json: inout JSONWriter) {
        json.member("created_at", created?.rfc3339)
        json.member("id", id)
        json.member("type", type)
    }
}
