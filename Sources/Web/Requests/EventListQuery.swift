import Billing
import Storage

extension QueryReader {
    /// Which events of the log to list.
    mutating func events(now: Instant) throws(APIError) -> EventQuery {
        var events = EventQuery(limit: try integer("limit", in: 1...100) ?? 10)
        events.type = try identifier("type")
        events.disposition = try choice("outcome")
        events.source = try choice("source")
        events.objectID = try identifier("object")
        events.account = try identifier("account")
        events.livemode = try flag("livemode")
        if let since = text("since") {
            events.receivedFrom = try MomentText.instant(since, of: "since", isEnd: false, now: now)
        }
        if let until = text("until") {
            events.receivedThrough = try MomentText.instant(until, of: "until", isEnd: true, now: now)
        }
        if let from = events.receivedFrom, let through = events.receivedThrough, through < from {
            throw .periodEndsBeforeItBegins
        }
        let cursor = try cursor()
        if case .startingAfter(let id) = cursor { events.startingAfter = id }
        if case .endingBefore(let id) = cursor { events.endingBefore = id }
        return events
    }
}
