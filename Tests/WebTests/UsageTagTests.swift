import Foundation
import Testing

/// Tags of deployments, and usage grouped by them.
@Suite(.timeLimit(.minutes(5)))
struct UsageTagTests {
    private static let range = "from=2026-03-12&to=2026-03-14"
    private static let both = """
        \(record(1, #"{"team":"research","env":"prod"}"#))
        \(record(2, #"{"team":"web"}"#))
        """

    private static func record(_ dseq: Int, _ tags: String, owner: String = UsageSample.owner) -> String {
        #"{"owner":"\#(owner)","dseq":"\#(dseq)","tags":\#(tags)}"#
    }

    private func with(_ body: (WebHarness) async throws -> Void) async throws {
        try await WebHarness.with { harness in
            try await UsageSample.deliver(to: harness)
            try await body(harness)
        }
    }

    // MARK: What is set

    @Test func `tags are replaced whole, removed by an empty object, and counted where they change`()
        async throws
    {
        try await with { harness in
            func put(_ text: String) async throws -> [Int64?] {
                let answer = try await harness.putTags(text)
                #expect(answer.status == 200, "\(answer.text)")
                return [answer.json["accepted"]?.integer, answer.json["changed"]?.integer]
            }
            #expect(try await put(Self.both) == [2, 2])
            #expect(try await put("[\(Self.both.replacing("\n", with: ","))]") == [2, 0])
            #expect(try await put(Self.record(1, #"{"env":"prod"}"#)) == [1, 1])
            #expect(try await put(Self.record(2, "{}") + "\n" + Self.record(9, "{}")) == [2, 1])
            let list = try await harness.get("/v1/usage/tags?customer=cus_one")
            #expect(try list.rows.map { $0["tags"] } == [["env": "prod"]])
            #expect(list.json["keys"] == ["env"])
            #expect(list.json["data"]?[0]?["id"] == "akash1the0wnerygferu/1")
        }
    }

    @Test func `of two records for one deployment the last counts, as if sent one after the other`()
        async throws
    {
        try await with { harness in
            let twice = [Self.record(1, #"{"a":"1"}"#), Self.record(1, #"{"a":"2"}"#)].joined(separator: "\n")
            let first = try await harness.putTags(twice)
            let second = try await harness.putTags(twice)
            #expect(first.json["changed"] == 1 && second.json["changed"] == 0)
            let list = try await harness.get("/v1/usage/tags?owner=akash1the0wnerygferu")
            #expect(try list.rows.map { $0["tags"] } == [["a": "2"]])
        }
    }

    @Test(arguments: [
        record(1, "null"), record(1, "[]"), record(1, #"{"team":1}"#), record(1, #"{"team":null}"#),
        record(1, #"{"team":""}"#), record(1, #"{"team":" a"}"#), record(1, #"{"team":"a\u00a0"}"#),
        record(1, #"{"":"a"}"#), record(1, #"{"te am":"a"}"#), record(1, #"{"=cmd":"a"}"#),
        record(1, #"{"té":"a"}"#), record(1, #"{"team":"a","team":"b"}"#),
        record(1, #"{"team":"a\nb"}"#), record(1, #"{"team":"a\u0000b"}"#),
        record(1, #"{"team":"a\u0085b"}"#),
        record(1, #"{"team":"a\u2028b"}"#), record(1, #"{"team":"\u200b"}"#),
        record(1, #"{"team":"a\u202eb"}"#), record(1, #"{"team":"\u2066a\u2069"}"#),
        record(1, #"{"team":"\ud800"}"#), record(1, #"{"\ud800":"a"}"#),
        record(1, #"{"\#(String(repeating: "k", count: 65))":"a"}"#),
        record(1, #"{"team":"\#(String(repeating: "é", count: 257))"}"#),
        record(1, "{\((0...20).map { "\"k\($0)\":\"v\"" }.joined(separator: ","))}"),
        record(1, "{}", owner: "a/b"), record(1, "{}").replacing(#""1""#, with: #""-1""#),
        record(1, "{}").replacing(#""1""#, with: #""1.5""#),
        record(1, "{}").replacing("tags", with: "tag"), #"{"owner":"akash1the0wnerygferu","dseq":"1"}"#,
    ])
    func `what is no tag is refused, and the list is not stored`(record: String) async throws {
        try await with { harness in
            let answer = try await harness.putTags(Self.record(2, #"{"team":"web"}"#) + "\n" + record)
            #expect(answer.status == 400 && answer.errorParameter == "records[1]", "\(answer.text)")
            #expect(try await harness.get("/v1/usage/tags?owner=akash1the0wnerygferu").rows.isEmpty)
        }
    }

    @Test func `the longest tags are kept as they were sent`() async throws {
        try await with { harness in
            var tags = ["A.b_c-d/e:9": "x = y, \"z\"; <&>", "rtl": "שלום\u{200F}", "family": "👩‍👩‍👧"]
            for number in 0..<16 { tags["k\(number)"] = "v" }
            tags[String(repeating: "K", count: 64)] = String(repeating: "é", count: 256)
            let text = String(decoding: try JSONEncoder().encode(tags), as: UTF8.self)
            #expect(try await harness.putTags(Self.record(9_007_199_254_740_993, text)).status == 200)
            let row = try #require(
                try await harness.get("/v1/usage/tags?owner=akash1the0wnerygferu").rows.first
            )
            #expect(row["dseq"] == "9007199254740993")
            for (key, value) in tags { #expect(row["tags"]?[key]?.string == value) }
        }
    }

    @Test func `ten thousand deployments are tagged at once, and listed page by page, each once`()
        async throws
    {
        try await with { harness in
            let records = (1...10_000).map { Self.record($0, #"{"team":"t\#($0 % 7)"}"#) }
            #expect(try await harness.putTags(records.joined(separator: "\n")).json["changed"] == 10_000)
            let more = records + [Self.record(10_001, "{}")]
            #expect(try await harness.putTags(more.joined(separator: "\n")).status == 400)
            var (ids, last): ([String], String?) = ([], nil)
            for _ in 0..<3 {
                let cursor = last.map { "&starting_after=\($0)" } ?? ""
                let page = try await harness.get("/v1/usage/tags?customer=cus_one&limit=100\(cursor)")
                ids += try page.rows.compactMap { $0["id"]?.string }
                #expect(page.json["has_more"] == true)
                last = ids.last
            }
            #expect(ids == (1...300).map { "akash1the0wnerygferu/\($0)" })
            let end = try await harness.get(
                "/v1/usage/tags?customer=cus_one&starting_after=akash1the0wnerygferu/9999"
            )
            #expect(try end.rows.map { $0["dseq"] } == ["10000"])
            #expect(end.json["has_more"] == false)
        }
    }

    // MARK: Usage by tag

    @Test(arguments: ["UTC", "Europe/Berlin", "America/Los_Angeles"])
    func `the values of a tag and what is untagged add up to each day and month`(zone: String) async throws {
        try await with { harness in
            _ = try await harness.putTags(Self.record(2, #"{"team":"web"}"#))
            for path in ["daily", "monthly"] {
                let query =
                    "/v1/usage/\(path)?customer=cus_one&from=2026-03-10&to=2026-03-16&timezone=\(zone)"
                let answer = try await harness.get("\(query)&group_by=tag&tag=team")
                #expect(answer.json["group_by"] == "tag" && answer.json["tag"] == "team")
                let groups = try answer.rows
                #expect(Set(groups.map { $0["tag_value"]?.string }) == [nil, "web"])
                let period = path == "daily" ? "date" : "month"
                var sums: [String: Decimal] = [:]
                for row in groups {
                    let spent = row["spent"]?.string.flatMap { Decimal(string: $0) } ?? 0
                    sums[row[period]?.string ?? "", default: 0] += spent
                }
                for row in try await harness.get(query).rows {
                    let spent = row["spent"]?.string.flatMap { Decimal(string: $0) } ?? 0
                    #expect(sums[row[period]?.string ?? ""] ?? 0 == spent, "\(row)")
                }
            }
        }
    }

    @Test func `a tag counts for all days, whenever it is put, and deployments of one value are added up`()
        async throws
    {
        try await with { harness in
            let query = "/v1/usage/daily?customer=cus_one&\(Self.range)&group_by=tag&tag=team"
            func rows() async throws -> [[String?]] {
                try await harness.get(query).rows.map {
                    [$0["date"]?.string, $0["tag_value"]?.string, $0["spent"]?.string]
                }
            }
            let untagged = try await harness.get(query).rows
            #expect(untagged.map { $0["tag_value"] } == [.null, .null, .null])
            _ = try await harness.putTags(Self.both)
            #expect(
                try await rows() == [
                    ["2026-03-12", "research", "1.44"], ["2026-03-13", "research", "1.44"],
                    ["2026-03-13", "web", "1.26"], ["2026-03-14", "research", "0.72"],
                ]
            )
            _ = try await harness.putTags(Self.record(2, #"{"team":"research"}"#))
            let second = try await harness.get(query).rows[1]
            #expect(second["spent"] == "2.7" && second["deployments"] == 2 && second["leases"] == 2)
            // Keys are case-sensitive.
            let other = try await harness.get(query.replacing("tag=team", with: "tag=Team")).rows
            #expect(other.allSatisfy { $0["tag_value"] == .null })
        }
    }

    @Test func `months are grouped by everything that days are`() async throws {
        try await with { harness in
            _ = try await harness.putTags(Self.both)
            let path = "/v1/usage/monthly?customer=cus_one&\(Self.range)&group_by="
            let tags = try await harness.get(path + "tag&tag=team").rows
            #expect(tags.map { $0["tag_value"] } == ["research", "web"])
            #expect(tags.map { $0["spent"] } == ["3.6", "1.26"] && tags.map { $0["days"] } == [3, 1])
            #expect(tags.allSatisfy { $0["corrections"] == nil })
            #expect(try await harness.get(path + "deployment").rows.map { $0["deployment"] } == ["1", "2"])
            #expect(
                try await harness.get(path + "gpu_model").rows.map { $0["gpu_model"] } == [.null, "h100"]
            )
            let providers = try await harness.get(path + "provider&format=csv").csv
            #expect(providers.column("Provider Name") == ["host 1", "host 2"])
            let file = try await harness.get(path + "tag&tag=team&format=csv").csv
            #expect(file.column("Tag (team)") == ["research", "web"])
            #expect(file.column("Spent (USD)") == ["3.6", "1.26"])
        }
    }

    @Test(arguments: ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-cmd", "＝1", "|calc"])
    func `a value that could be a formula is text in a file`(value: String) async throws {
        try await with { harness in
            _ = try await harness.putTags(Self.record(2, #"{"team":"\#(value)"}"#))
            let query = "\(Self.range)&customer=cus_one&group_by=tag&tag=team&format=csv"
            for path in ["daily", "monthly"] {
                let table = try await harness.get("/v1/usage/\(path)?\(query)").csv
                #expect(Set(table.column("Tag (team)")) == ["", "'" + value])
            }
        }
    }

    @Test(arguments: [
        "group_by=tag", "group_by=tag&tag=", "group_by=tag&tag=a%20b", "group_by=provider&tag=team",
        "tag=team",
        "group_by=tag&tag=team&tag=env", "group_by=tags&tag=team",
    ])
    func `what is no grouping is refused`(query: String) async throws {
        try await with { harness in
            for path in ["daily", "monthly"] {
                let answer = try await harness.get("/v1/usage/\(path)?customer=cus_one&\(query)")
                #expect(answer.status == 400, "\(answer.text)")
            }
        }
    }

    // MARK: Whose they are

    @Test func `a customer's own token sets no tags, and sees those of no other customer`() async throws {
        try await with { harness in
            _ = try await harness.putTags(Self.both)
            _ = try await harness.putTags(Self.record(3, #"{"secret":"s"}"#, owner: UsageSample.other))
            let mine = [bearer(harness.sessionToken())]
            let theirs = [bearer(harness.sessionToken("cus_two"))]
            for headers in [mine, theirs] {
                let answer = try await harness.send(
                    .put(Array(Self.both.utf8)),
                    "/v1/usage/tags",
                    headers: headers
                )
                #expect(answer.status == 403, "\(answer.text)")
            }
            #expect(
                try await harness.get("/v1/usage/tags", key: nil, headers: mine).json["keys"] == [
                    "env", "team",
                ]
            )
            #expect(try await harness.get("/v1/usage/tags", key: nil, headers: theirs).json["keys"] == [])
            for query in ["customer=cus_one", "owner=akash1the0wnerygferu"] {
                let answer = try await harness.get("/v1/usage/tags?\(query)", key: nil, headers: theirs)
                #expect(!answer.text.contains("research"), "\(answer.text)")
            }
            let other = try await harness.get(
                "/v1/usage/tags?owner=akash1an0ther0hra0rx",
                key: nil,
                headers: mine
            )
            #expect(other.status == 404)
        }
    }

    /// The first customer had the address on 12 March, when only deployment 1 had a lease.
    @Test
    func `a later customer of an address sees the tags of what ran since, and of what has no lease yet`()
        async throws
    {
        try await with { harness in
            let old = UsageSample.lease(5, created: 1_000_100, price: "1", closed: 1_000_200)
            #expect(try await harness.putLeases(old).status == 200)
            let handover = [
                UsageSample.accounts(
                    "cus_one",
                    #"{"address":"akash1the0wnerygferu","valid_to":"2026-03-13"}"#
                ),
                UsageSample.accounts(
                    "cus_two",
                    #"{"address":"akash1the0wnerygferu","valid_from":"2026-03-13"}"#
                ),
            ]
            #expect(try await harness.putAccounts(handover.joined(separator: "\n")).status == 200)
            let tags = [1, 2, 5, 8].map { Self.record($0, #"{"n\#($0)":"v"}"#) }.joined(separator: "\n")
            _ = try await harness.putTags(tags)
            func keys(_ customer: String) async throws -> [String?]? {
                try await harness.get("/v1/usage/tags?customer=\(customer)").json["keys"]?.array.map(\.string)
            }
            #expect(try await keys("cus_one") == ["n1", "n5"])
            #expect(try await keys("cus_two") == ["n1", "n2", "n8"])
        }
    }

    // MARK: The page

    @Test func `the page offers each key, splits by it, and escapes its values`() async throws {
        try await with { harness in
            let before = try await harness.visit("/billing/usage?\(Self.page)").text
            #expect(!before.contains("Tag: "))
            _ = try await harness.putTags(Self.record(2, #"{"team":"<b>web</b>","env":"prod"}"#))
            let page = try await harness.visit("/billing/usage?\(Self.page)&by=tag&tag=team").text
            #expect(page.contains(#"by=tag&amp;tag=env#spend-per-day">Tag: env</a>"#))
            #expect(page.contains(#"by=tag&amp;tag=team#spend-per-day" aria-current="true">Tag: team</a>"#))
            #expect(page.contains(#"<input type="hidden" name="tag" value="team">"#))
            #expect(page.contains("&lt;b&gt;web&lt;/b&gt;") && !page.contains("<b>web"))
            #expect(page.contains(">Untagged</th>"))
            #expect(page.contains("group_by=tag&amp;tag=team"))
        }
    }

    private static let page = "range=custom&from=2026-03-12&to=2026-03-14"

    // MARK: Erasure

    @Test func `an erasure deletes the customer's tags, and later ones are not stored`() async throws {
        try await with { harness in
            let others = Self.record(3, #"{"team":"x"}"#, owner: UsageSample.other)
            _ = try await harness.putTags(Self.both + "\n" + others)
            func erase(_ more: String) async throws -> Answer {
                try await harness.post(
                    "/v1/erasures",
                    Array(#"{"customer":"cus_one"\#(more)}"#.utf8),
                    key: .ops
                )
            }
            #expect(try await erase(#","dry_run":true"#).json["tagged"] == 2)
            #expect(try await erase("").json["tagged"] == 2)
            for _ in 0..<2 {
                #expect(try await harness.get("/v1/usage/tags?owner=akash1the0wnerygferu").rows.isEmpty)
                #expect(try await harness.putTags(Self.both).json["changed"] == 0)
            }
            #expect(try await harness.get("/v1/usage/tags?owner=akash1an0ther0hra0rx").rows.count == 1)
        }
    }
}

extension WebHarness {
    fileprivate func putTags(_ body: String) async throws -> Answer {
        try await send(.put(Array(body.utf8)), "/v1/usage/tags", headers: TestKey.usage.headers)
    }
}
