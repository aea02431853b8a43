import Billing

/// Reads the running service's event log page by page.
struct EventLogReader {
    let server: ServerConnection
    /// The parameters of `GET /v1/events` except those for paging.
    let filters: [(name: String, value: String?)]

    /// A decoded event, and its JSON as the service wrote it.
    typealias Line = (record: EventRecord, spelling: String)

    private struct Page: Decodable {
        let data: [EventRecord]
        let has_more: Bool
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
            let query = parameters.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
            let bytes = try await server.get("/v1/events?\(query.joined(separator: "&"))")
            let page = try decoded(Page.self, from: bytes)
            take(Array(zip(page.data, try Self.spellings(bytes))))
            left -= page.data.count
            guard page.has_more, left > 0, let last = page.data.last else { return page.has_more }
            cursor = ("starting_after", last.cursor)
        }
    }

    private static func spellings(_ bytes: [UInt8]) throws -> [String] {
        try bytes.withUnsafeBufferPointer { text in
            try JSONValue.read(text) { $0[named: "data"]?.elements?.map(\.spelling) ?? [] }
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
        let data = lines.map(\.spelling).joined(separator: ",")
        return #"{"data":[\#(data)],"has_more":\#(hasMore),"object":"list","url":"/v1/events"}"#
    }
}
