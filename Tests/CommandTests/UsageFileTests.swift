@testable import ConsoleBilling
import JSON
import Testing

/// How `usage import` reads files.
struct UsageFileTests {
    private static let lease =
        #"{"chain_id":"c","owner":"o","dseq":"18446744","gseq":1,"oseq":1,"provider":"p","denom":"uact","#
        + #""price_per_block":"1.5","created_height":"7","state":"active"}"#

    private func file(_ text: String, isCSV: Bool = false) throws -> UsageFile {
        try UsageFile(Array(text.utf8), isCSV: isCSV)
    }

    @Test(arguments: [
        (lease, UsageFile.Kind.leases),
        (#"[{"date":"2026-01-01","first_height":1,"last_height_yet":2}]"#, .calendar),
        (#"{"customer":"cus_1","accounts":[]}"#, .accounts),
    ])
    func `the first record determines the kind of a file`(text: String, kind: UsageFile.Kind) throws {
        let file = try file(text)
        #expect(file.kind == kind && file.records.count == 1 && file.faults.isEmpty)
    }

    @Test func `a bad line is named by its number, its field and the reason`() throws {
        let bad = Self.lease.replacing("1.5", with: "1,5")
        let file = try file("\(Self.lease)\n\n\(bad)\n{\n\(Self.lease)\n")
        #expect(file.records.count == 2)
        #expect(file.faults.map(\.line) == [3, 4])
        #expect(file.faults[0].problem.hasPrefix("price_per_block is not a decimal number"))
    }

    @Test(arguments: ["", "\n\n", "nonsense", "{}", "[", "[]", #"{"first":1}"#])
    func `a file of unknown kind is refused`(text: String) {
        #expect(throws: UsageFile.Fault.self) { try file(text) }
    }

    @Test(arguments: [
        ("", false, "is empty"), (" \n\n", false, "is empty"), ("\u{FEFF}", true, "is empty"),
        ("[]", false, "has no record"), ("date,first_height\n", true, "has no record"),
    ])
    func `a file without a record is told as such, with the records that it can have`(
        text: String,
        isCSV: Bool,
        words: String
    ) throws {
        let fault = try #require(throws: UsageFile.Fault.self) { try file(text, isCSV: isCSV) }
        #expect(fault.problem.contains(words) && fault.problem.contains("first_height"), "\(fault)")
    }

    @Test func `a table has the names of the fields in its first line, and empty cells are absent`() throws {
        let table = """
            chain_id,owner,dseq,gseq,oseq,provider,denom,price_per_block,created_height,closed_height,state,provider_name,price_segments\r
            c,o,18446744,1,1,p,uact,1.5,7,,active,"a ""big"", host",\r
            c,o,18446745,1,1,p,uact,1.5,7,9,closed,,"[{""from_height"":8,""denom"":""uakt"",""price"":""2""}]"\r

            """
        let file = try file("\u{FEFF}" + table, isCSV: true)
        #expect(file.kind == .leases && file.records.count == 2 && file.faults == [])
        #expect(String(decoding: file.records[0], as: UTF8.self).contains(#"a \"big\", host"#))
    }

    @Test func `a calendar in a table has yes and no without quotation marks`() throws {
        let file = try file(
            "date,first_height,last_height,last_height_yet,akt_usd,final\n2026-01-01,1,9,9,0.35,TRUE\n",
            isCSV: true
        )
        #expect(file.kind == .calendar && file.faults == [])
    }

    @Test func `a field or a column that no such record has is bad`() throws {
        let misspelt = Self.lease.replacing("\"state\"", with: "\"closed_heigth\":\"9\",\"state\"")
        let lines = try file("\(Self.lease)\n\(misspelt)\n")
        #expect(lines.records.count == 1 && lines.faults.map(\.line) == [2])
        let problem = try #require(lines.faults.first?.problem)
        #expect(problem.hasPrefix("has \"closed_heigth\" (did you mean closed_height?)"))
        let table = try file(
            "date,first_height,last_height_yet,price\n2026-01-01,1,9,2.5\n2026-01-02,10,19,\n",
            isCSV: true
        )
        #expect(table.records.count == 1 && table.faults.map(\.line) == [2])
        #expect(table.faults.first?.problem.hasPrefix("has \"price\", and can have akt_usd, ") == true)
    }

    @Test(arguments: [
        ("a,b\n1\n", 2), ("a,b\n\"1\n2\n", 2), ("", 1), ("date,first_height\n1,2,3\n", 2),
        ("date,first_height,last_height_yet,Date\n2026-01-01,1,2,2026-01-01\n", 1),
    ])
    func `a table that is none is refused where it goes wrong`(text: String, line: Int) {
        let fault = #expect(throws: UsageFile.Fault.self) { try file(text, isCSV: true) }
        #expect(fault?.line == line)
    }

    @Test func `a line that is wrong in a table is named by where it stands`() throws {
        let file = try file(
            "date,first_height,last_height_yet\n2026-01-01,1,9\n2026-01-32,10,19\n",
            isCSV: true
        )
        #expect(file.faults.map(\.line) == [3])
    }

    @Test func `the parts of an import are added up, with the first hundred contradicted days`() throws {
        var outcome = UsageImportOutcome()
        let days = (0..<60).map { #"{"date":"2026-01-01","lease":"c/o/\#($0)/1/1/0/p"}"# }
        for _ in 0..<3 {
            let answer =
                #"{"accepted":1000,"changed":60,"contradictions":70,"contradicted":["#
                + days.joined(separator: ",") + #"],"warnings":["The token ibc/A has no price."]}"#
            outcome.add(try UsageIntakeResponse(json: Array(answer.utf8)))
        }
        #expect(outcome.accepted == 3000 && outcome.changed == 180 && outcome.contradictions == 210)
        #expect(outcome.contradicted.count == 100 && outcome.warnings.count == 1)
        let line = "2026-01-01 stays as it was, for the lease c/o/0/1/1/0/p."
        #expect(outcome.contradicted[60].description == line)
    }
}
