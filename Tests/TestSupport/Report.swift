import Foundation

/// A case of `testdata/reports`: events of our own making, after a public report of another receiver or after Stripe's
/// documents, and the rows that must come out of them.
package struct Report: Sendable, CustomStringConvertible {
    package let name: String
    package let payloads: [[UInt8]]
    /// By id; of a row only the fields that matter to the report.
    package let rows: [String: JSONText]
    /// In cents; `nil` where the report is not about it.
    package let balance: Int64?

    package var description: String { name }

    package static let all: [Report] = {
        let folder = Testdata.url("reports")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { try? Report(folder.appending(path: $0)) }
    }()

    private init(_ file: URL) throws {
        name = file.deletingPathExtension().lastPathComponent
        let report = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        guard let report, let events = report["events"] as? [Any], let rows = report["rows"] as? [String: Any]
        else { throw CocoaError(.fileReadCorruptFile) }
        payloads = try events.map { Array(try JSONSerialization.data(withJSONObject: $0)) }
        self.rows = try rows.mapValues { try JSONText($0) }
        balance = (report["balance"] as? NSNumber)?.int64Value
    }
}

extension JSONText {
    /// The members of `expected` that this object has otherwise, each as `name: value instead of value`.
    ///
    /// `receipt_available` names a member of `receipt`.
    package func differences(from expected: JSONText) throws -> [String] {
        let found = try members()
        return try expected.members().compactMap { name, value in
            let receipt = found["receipt"] as? [String: Any]
            var own = name == "receipt_available" ? receipt?["available"] : found[name]
            if let part = value as? [String: Any], let whole = own as? [String: Any] {
                own = whole.filter { part[$0.key] != nil }
            }
            let (mine, theirs) = (try JSONText(own ?? NSNull()), try JSONText(value))
            return mine == theirs ? nil : "\(name): \(mine) instead of \(theirs)"
        }
    }

    private func members() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }
}
