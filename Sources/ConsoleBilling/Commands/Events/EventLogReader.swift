import Billing
import JSON
import Web

/// Reads the running service's event log page by page.
struct EventLogReader {
    let server: ServerConnection
    /// The parameters of `GET /v1/events` except those for paging.
    let filters: [(name: String, value: String?)]

    /// A decoded event, and its JSON as the service wrote it.
    typealias Line = (record: EventResponse, spelling: String)

    private struct Page: JSONDecodable {
        let lines: [Line]
        let hasMore: Bool

        init(_ json: JSONValue) throws(JSONFieldError) {
            hasMore = try json.decode("has_more")
            let records: [EventResponse] = try json.decode("data")
            lines = Array(zip(records, json["data"]?.elements?.map(\.spelling) ?? []))
        }
    }

    private static let largestPage = 100

    /// Reads entries from a cursor on.
    ///
    /// - Parameters:
    ///   - limit: The most events to read.
    ///   - cursor: `starting_after` or `ending_before`, with an entry's cursor or an event's id.
    ///     `ending_before` reads one page only.
    ///   - take: Called with the events of each page.
    /// - Returns: Whether there are more.
    /// - Throws: ``CommandFailure`` when the service does not answer, or answers with an error.
    func read(
        limit: Int,
        cursor: (name: String, id: String)?,
        take: ([Line]) -> Void
    ) async throws -> Bool {
        var left = limit
        var cursor = cursor
        while true {
            let size = min(left, Self.largestPage)
            let parameters = filters + [("limit", String(size)), (cursor?.name ?? "", cursor?.id)]
            let query = parameters.compactMap { name, value in
                value.map { "\(name)=\(PercentEncoding.encoded($0))" }
            }
            let bytes = try await server.get("/v1/events?\(query.joined(separator: "&"))")
            let page = try decoded(Page.self, from: bytes)
            take(page.lines)
            left -= page.lines.count
            guard page.hasMore, left > 0, let last = page.lines.last else { return page.hasMore }
            cursor = ("starting_after", last.record.entry.key.text)
        }
    }
}

/// The output format of a list.
enum ListFormat: String, CaseIterable {
    case table, json, jsonl

    static func chosen(_ asked: ListFormat?) -> ListFormat {
        asked ?? (Terminal.Stream.output.isTerminal ? .table : .json)
    }

    /// One JSON object in the form of a page of `GET /v1/events`.
    static func json(_ lines: [EventLogReader.Line], hasMore: Bool) -> String {
        let data = lines.map { JSONText($0.spelling) }
        return JSONWriter.text(of: ListResponse(url: "/v1/events", hasMore: hasMore, data: data))
    }
}
