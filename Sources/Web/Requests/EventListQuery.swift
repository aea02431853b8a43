import Billing
import Storage

extension QueryReader {
    /// Reads the filters and the cursor of the list of events.
    mutating func events(now: Instant) throws(APIError) -> EventQuery {
        var events = EventQuery(limit: try integer("limit", in: 1...100) ?? 10)
        events.type = try identifier("type")
        events.disposition = try choice("outcome")
        events.source = try choice("source")
        events.objectID = try identifier("object")
        events.account = try identifier("account")
        events.livemode = try flag("livemode")
        (events.receivedFrom, events.receivedThrough) = try period(now: now)
        events.startingAfter = try eventCursor("starting_after")
        events.endingBefore = try eventCursor("ending_before")
        guard events.startingAfter == nil || events.endingBefore == nil else {
            throw .invalid("ending_before", "Give either starting_after or ending_before, not both.")
        }
        return events
    }

    /// Reads a cursor: an entry's cursor `id@api_version`, or an event's id.
    private mutating func eventCursor(_ name: String) throws(APIError) -> String? {
        guard let cursor = text(name) else { return nil }
        guard !cursor.utf8.contains(0) else { throw .invalid(name, "This is no cursor of this list.") }
        return cursor
    }

    /// Reads the API version that selects one body of an event.
    ///
    /// - Returns: `nil` without the parameter; `""` for `none`, the body without a version.
    mutating func apiVersion() -> String? { text("api_version").map { $0 == "none" ? "" : $0 } }
}
