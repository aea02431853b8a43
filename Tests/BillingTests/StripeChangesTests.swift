import Billing
import Foundation
import TestSupport
import Testing

/// The page about Stripe's versions, `deploy/docs/explanation/stripe.md`, says what the code and its tests say.
struct StripeChangesTests {
    @Test func `the page's table of fields is the one in code`() throws {
        let told = try Self.rows(under: ["object", "field", "bodies that say it", "source"])
        let known = VersionedField.all.map { field in
            ["`\(field.kind.rawValue)`", "`\(field.name)`", Self.words(field.bodies), field.source]
        }
        #expect(told.count == known.count)
        for (row, field) in zip(told, known) { #expect(row == field) }
    }

    @Test func `each change has Stripe's or another source, and says what becomes of it`() throws {
        let changes = try Self.changes()
        #expect(changes.count >= 140)
        for change in changes {
            #expect(change[2].contains("](https://"), "\(change)")
            let verdict = change[3]
            let isSaid =
                verdict.hasPrefix("handled: `") || verdict.hasPrefix("harmless: because ")
                || verdict.hasPrefix("unknown: ") && verdict.hasSuffix("would show it")
                || verdict.hasPrefix("not handled: ")
            #expect(isSaid, "\(verdict)")
        }
    }

    @Test func `a change that the page calls handled is shown by a case or a test that there is`() throws {
        let known = try Self.sentences().union(Report.all.map(\.name))
        for change in try Self.changes() where change[3].hasPrefix("handled: ") {
            let named = change[3].matches(of: #/`([^`]+)`/#).map { String($0.1) }
            let (paths, names) = (named.filter { $0.hasPrefix("testdata/") }, named.filter(known.contains))
            #expect(!names.isEmpty && names.count + paths.count == named.count, "\(change[3])")
            for path in paths {
                let url = Testdata.url("../\(path)").standardized
                #expect(FileManager.default.fileExists(atPath: url.path), "\(path)")
            }
        }
    }

    @Test(arguments: ["2014-06-17", "2025-03-31.basil", "0001-01-01", "9999-12-31"])
    func `a version's text is its date`(version: String) {
        #expect(APIVersion(version)?.text == String(version.prefix(10)))
    }

    // MARK: The page

    private static func changes() throws -> [[String]] {
        try rows(under: ["version or date", "change", "source", "here"])
    }

    /// The cells of each row of each table that has these columns.
    private static func rows(under columns: [String]) throws -> [[String]] {
        let page = Testdata.url("../deploy/docs/explanation/stripe.md").standardized
        var rows: [[String]] = []
        var isInside = false
        for line in try String(contentsOf: page, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        ) {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if cells == columns {
                isInside = true
            } else if !line.hasPrefix("|") {
                isInside = false
            } else if isInside, !line.hasPrefix("| ---") {
                try #require(cells.count == columns.count, "\(line)")
                rows.append(cells)
            }
        }
        return rows
    }

    private static func words(_ bodies: VersionedField.Bodies) -> String {
        switch bodies {
        case .versions(let first?, let end?): "from \(first.text) on and before \(end.text)"
        case .versions(let first?, nil): "from \(first.text) on"
        case .versions(nil, let end?): "before \(end.text)"
        case .versions(nil, nil): "all"
        case .whereItStands: "where it stands"
        }
    }

    // MARK: The tests

    /// The sentences that the tests under `Tests/` are named by.
    private static func sentences() throws -> Set<String> {
        let folder = Testdata.url("../Tests").standardized
        let files = FileManager.default.enumerator(
            at: folder,
            includingPropertiesForKeys: nil,
            options: .skipsHiddenFiles
        )
        var sentences: Set<String> = []
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            sentences.formUnion(text.matches(of: #/func `([^`\n]+)`/#).map { String($0.1) })
        }
        return sentences
    }
}
