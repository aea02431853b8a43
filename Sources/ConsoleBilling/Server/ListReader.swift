import Billing
import JSON
import Web

/// Reads one of the running service's lists page by page.
struct ListReader<Element: JSONDecodable> {
    /// An element, and its JSON as the service wrote it.
    typealias Line = (element: Element, spelling: String)

    let server: ServerConnection
    let path: String
    /// The parameters of the route except those for paging.
    let filters: [(name: String, value: String?)]
    /// `nil` for a list that is not paged.
    var pageSize: Int? = 100
    /// The cursor of an element.
    let cursor: (Element) -> String

    private struct Page: JSONDecodable {
        let lines: [Line]
        let hasMore: Bool

        init(_ json: JSONValue) throws(JSONFieldError) {
            hasMore = try json.decode("has_more")
            let elements: [Element] = try json.decode("data")
            lines = Array(zip(elements, json["data"]?.elements?.map(\.spelling) ?? []))
        }
    }

    /// Reads elements from a cursor on (`starting_after`; `ending_before` reads one page only), and says
    /// whether there are more.
    func read(
        limit: Int,
        from start: (name: String, id: String)? = nil,
        take: ([Line]) -> Void
    ) async throws -> Bool {
        var left = limit
        var start = start
        while true {
            let paging = [("limit", pageSize.map { String(min(left, $0)) }), (start?.name ?? "", start?.id)]
            let given = (filters + paging).compactMap { name, value in value.map { (name, $0) } }
            let page = try decoded(
                Page.self,
                from: await server.get("\(path)?\(PercentEncoding.form(given))")
            )
            take(page.lines)
            left -= page.lines.count
            guard page.hasMore, left > 0, let last = page.lines.last else { return page.hasMore }
            start = ("starting_after", cursor(last.element))
        }
    }

    /// One JSON object in the form of a page of the list.
    func json(_ lines: [Line], hasMore: Bool = false) -> String {
        let data = lines.map { JSONText($0.spelling) }
        return JSONWriter.text(of: ListResponse(url: path, hasMore: hasMore, data: data))
    }
}
