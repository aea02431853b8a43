import Billing
import Hummingbird
import NIOCore

/// A file that is written while it is read from the store.
enum ExportResponse {
    static func csv(
        named name: String,
        columns: [String],
        rows: FeedRows,
        cells: @escaping @Sendable (Transaction) -> [String]
    ) -> Response {
        stream(
            named: name,
            type: "text/csv; charset=utf-8",
            rows: rows,
            heading: CSV.byteOrderMark + CSV.line(columns)
        ) { ByteBuffer(string: $0.map { CSV.line(cells($0)) }.joined()) }
    }

    static func jsonLines<Line: Encodable & SendableMetatype>(
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

    private static func stream(
        named name: String,
        type: String,
        rows: FeedRows,
        heading: String,
        encode: @escaping @Sendable ([Transaction]) -> ByteBuffer
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type,
                .contentDisposition: "attachment; filename=\"\(name)\"",
                .cacheControl: "no-store",
            ],
            body: .init { writer in
                if !heading.isEmpty { try await writer.write(ByteBuffer(string: heading)) }
                for try await page in rows where !page.isEmpty { try await writer.write(encode(page)) }
                try await writer.finish(nil)
            }
        )
    }
}
