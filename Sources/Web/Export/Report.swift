import Billing
import Hummingbird
import JSON
import Storage

/// A row of a report: an object in JSON, and cells in a CSV file.
protocol ReportRow: JSONObject {
    var cells: [String] { get }
}

enum ReportFormat: String, CaseIterable { case json, csv, jsonl }

/// Days or months of usage or of a balance.
struct Report<Row: ReportRow>: JSONObject {
    let url: String
    /// The name of a file, without its ending.
    let fileName: String
    let columns: [String]
    let dates: ClosedRange<CalendarDate>
    /// The time zone of the days.
    let zone: LocalTime
    var customer: CustomerKey?
    var grouping = UsageGrouping.total
    let newest: CalendarDay?
    let rows: [Row]

    func response(_ format: ReportFormat) -> Response {
        switch format {
        case .json: JSONBody.response(self)
        case .jsonl: ExportResponse.jsonLines(named: fileName + ".jsonl", rows: rows)
        case .csv: ExportResponse.csv(named: fileName + ".csv", columns: columns, rows: rows.map(\.cells))
        }
    }

    func write(to json: inout JSONWriter) {
        json.member("customer", customer?.customer)
        json.member("data", rows)
        json.member("from", dates.lowerBound.text)
        json.member("group_by", grouping == .total ? nil : grouping.name)
        json.member("has_more", false)
        json.member("indexed_to", newest.map(IndexedResponse.init))
        json.member("object", "list")
        json.member("tag", grouping.tagKey)
        json.member("timezone", zone.name)
        json.member("to", dates.upperBound.text)
        json.member("url", url)
    }
}

extension ClosedRange<CalendarDate> {
    /// Such as `2026-11-01_to_2026-11-30`, for the name of a file.
    var fileName: String { "\(lowerBound.text)_to_\(upperBound.text)" }
}
