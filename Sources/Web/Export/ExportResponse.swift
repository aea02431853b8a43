import Storage
import Billing
import Hummingbird
import JSON
import NIOCore

/// A file that is streamed while its rows are read from the store, or that is built whole if it is small.
enum ExportResponse {
    /// The rows as CSV; `onlyRow` is the row of a file that has no other.
    static func csv(
        named name: String,
        columns: [String],
        rows: FeedRows,
        onlyRow: [String]? = nil,
        cells: @escaping @Sendable (Transaction) -> [String]
    ) -> Response {
        stream(
            named: name,
            type: "text/csv; charset=utf-8",
            rows: rows,
            heading: CSV.byteOrderMark + CSV.line(columns),
            ending: onlyRow.map(CSV.line) ?? ""
        ) { ByteBuffer(string: $0.map { CSV.line(cells($0)) }.joined()) }
    }

    static func jsonLines<Line: JSONEncodable & SendableMetatype>(
        named name: String,
        rows: FeedRows,
        line: @escaping @Sendable (Transaction) -> Line
    ) -> Response {
        stream(named: name, type: "application/jsonl; charset=utf-8", rows: rows, heading: "") { page in
            var buffer = ByteBuffer()
            for row in page {
                buffer.writeImmutableBuffer(JSONBody.encode(line(row)))
                buffer.writeString("\n")
            }
            return buffer
        }
    }

    /// A table that is small enough to be built in memory.
    static func csv(named name: String, columns: [String], rows: [[String]]) -> Response {
        whole(
            named: name,
            type: "text/csv; charset=utf-8",
            ByteBuffer(string: CSV.byteOrderMark + ([columns] + rows).map(CSV.line).joined())
        )
    }

    static func jsonLines(named name: String, rows: [some JSONEncodable]) -> Response {
        var buffer = ByteBuffer()
        for row in rows {
            buffer.writeImmutableBuffer(JSONBody.encode(row))
            buffer.writeString("\n")
        }
        return whole(named: name, type: "application/jsonl; charset=utf-8", buffer)
    }

    private static func whole(named name: String, type: String, _ bytes: ByteBuffer) -> Response {
        Response(status: .ok, headers: headers(named: name, type: type), body: .init(byteBuffer: bytes))
    }

    private static func headers(named name: String, type: String) -> HTTPFields {
        [
            .contentType: type,
            .contentDisposition: "attachment; filename=\"\(name)\"",
            .cacheControl: "no-store",
        ]
    }

    private static func stream(
        named name: String,
        type: String,
        rows: FeedRows,
        heading: String,
        ending: String = "",
        encode: @escaping @Sendable ([Transaction]) -> ByteBuffer
    ) -> Response {
        Response(
            status: .ok,
            headers: headers(named: name, type: type),
            body: .init { writer in
                if !heading.isEmpty { try await writer.write(ByteBuffer(string: heading)) }
                var isEmpty = true
                for try await page in rows where !page.isEmpty {
                    isEmpty = false
                    try await writer.write(encode(page))
                }
                if isEmpty, !ending.isEmpty { try await writer.write(ByteBuffer(string: ending)) }
                try await writer.finish(nil)
            }
        )
    }
}
