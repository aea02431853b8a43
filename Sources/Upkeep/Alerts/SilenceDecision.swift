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
    ///   - author: Builds the alert.
    ///   - now: The current time.
    init(
        _ watch: AlertJournal.Silence,
        last: EventEntry?,
        after: Int64,
        by author: AlertAuthor,
        now: Instant
    ) {
        if let incident = watch.incident {
            guard let last, last.id != incident.lastEvent else {
                self = .wait(until: now.adding(seconds: Self.incidentSeconds))
                return
            }
            self = .resumed(author.resumed(incident, last, now: now))
            return
        }
        // The service's own downtime does not count: no webhook could arrive then.
        let heardAt = min(now, max(last?.receivedAt ?? watch.watchedSince, watch.watchedSince))
        guard now.seconds(since: heardAt) >= after else {
            self = .wait(until: heardAt.adding(seconds: after))
            return
        }
        let since = last.map { min($0.created ?? $0.receivedAt, $0.receivedAt) } ?? watch.watchedSince
        let through = now.adding(seconds: -min(Self.settlingSeconds, after))
        self =
            since <= through
            ? .ask(since: since, through: through) : .wait(until: now.adding(seconds: after))
    }
}

/// Events that Stripe lists and the log lacks.
struct UnheardEvents: Sendable, Equatable {
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
        first = Array(first.prefix(AlertAuthor.namedAtMost))
    }
}

extension AlertJournal.Silence {
    /// How often Stripe is asked for missing events while no webhook arrives.
    static func pauseSeconds(after: Int64) -> Int64 { min(max(after, 10), 3600) }

    /// How long to wait after Stripe failed to answer.
    static func retrySeconds(after: Int64) -> Int64 { min(max(after, 10), 300) }

    /// Begins an outage if Stripe lists events that did not arrive.
    ///
    /// - Parameters:
    ///   - unheard: The events that Stripe lists and the log lacks.
    ///   - last: The last event that a webhook delivered.
    ///   - after: See ``SilenceDecision``.
    ///   - author: Builds the alert.
    ///   - now: The current time.
    /// - Returns: The alert; `nil` when no event is missing.
    mutating func hear(
        _ unheard: UnheardEvents,
        last: EventEntry?,
        after: Int64,
        by author: AlertAuthor,
        now: Instant
    ) -> Alert? {
        lookAgainAt = now.adding(seconds: Self.pauseSeconds(after: after))
        guard unheard.count > 0 else { return nil }
        lookAgainAt = now.adding(seconds: SilenceDecision.incidentSeconds)
        let alert = author.silent(unheard, last, since: watchedSince, now: now)
        incident = Incident(
            alertID: alert.id,
            begunAt: now,
            lastEvent: last?.id,
            lastEventAt: last?.receivedAt
        )
        return alert
    }
}

extension AlertAuthor {
    fileprivate func silent(
        _ unheard: UnheardEvents,
        _ last: EventEntry?,
        since watchedSince: Instant,
        now: Instant
    ) -> Alert {
        let heardAt = last?.receivedAt ?? watchedSince
        let minutes = max(0, now.seconds(since: heardAt)) / 60
        let count = "\(unheard.isMore ? "at least " : "")\(unheard.count)"
        var facts = JSONMembers()
        facts.add("events", unheard.first)
        facts.add("last_event_at", last?.receivedAt.rfc3339)
        facts.add("missing", unheard.count)
        facts.add("missing_is_minimum", unheard.isMore)
        facts.add("silent_minutes", minutes)
        return alert(
            .stripeSilent,
            about: [last?.id ?? "", heardAt.rfc3339],
            now: now,
            Words(
                summary: "No webhook has come for \(minutes) minutes, and Stripe lists \(count) "
                    + "\(unheard.count == 1 && !unheard.isMore ? "event" : "events") of that time that "
                    + "\(unheard.count == 1 && !unheard.isMore ? "is" : "are") not here.",
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
        _ incident: AlertJournal.Silence.Incident,
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

extension UnheardEvents.Event: JSONObject {
    func write(to json: inout JSONWriter) {
        json.member("created_at", created?.rfc3339)
        json.member("id", id)
        json.member("type", type)
    }
}
