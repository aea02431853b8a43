import Billing
import Testing

/// Cursors: forwards, backwards, foreign, and while rows arrive.
@Suite(.timeLimit(.minutes(5)))
struct FeedPagingTests {
    /// Rows of which several share a second, so that the id has to decide.
    private static let events = (0..<25).map { index in
        MadeEvent.charge(
            "ch_\(index < 10 ? "0" : "")\(index)",
            created: FeedSample.ago(Int64(index / 4) * 10),
            customer: index.isMultiple(of: 5) ? "cus_two" : "cus_one"
        )
    }

    private static let newestFirst = (0..<25).sorted { ($0 / 4, -$0) < ($1 / 4, -$1) }
        .map { "ch_\($0 < 10 ? "0" : "")\($0)" }

    @Test func `the feed is newest first, and of the same second by id`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce(Self.events)
            let ids = try await harness.ids("/v1/transactions?limit=100")
            #expect(ids == Self.newestFirst)
        }
    }

    @Test(arguments: [1, 4, 5, 24, 25, 26])
    func `going forwards finds every row once, in order`(limit: Int) async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce(Self.events)
            let pages = try await harness.pages("limit=\(limit)", from: nil, by: "starting_after")
            #expect(pages.flatMap(\.self) == Self.newestFirst)
        }
    }

    @Test func `has_more is true only where more follows`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce(Self.events)
            let pages = try await harness.pages("limit=5", from: nil, by: "starting_after")
            #expect(pages.map(\.count) == [5, 5, 5, 5, 5])
        }
    }

    @Test(arguments: [1, 4, 24, 100])
    func `going backwards from the last row finds every other once, each page newest first`(
        limit: Int
    )
        async throws
    {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce(Self.events)
            let last = try #require(Self.newestFirst.last)
            let pages = try await harness.pages("limit=\(limit)", from: last, by: "ending_before")
            #expect(pages.reversed().flatMap(\.self) == Self.newestFirst.dropLast())
        }
    }

    @Test func `a filter and a cursor go together`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliverAtOnce(Self.events)
            let pages = try await harness.pages("customer=cus_two&limit=2", from: nil, by: "starting_after")
            #expect(
                pages.flatMap(\.self)
                    == Self.newestFirst.filter { ["00", "05", "10", "15", "20"].contains($0.suffix(2)) }
            )
        }
    }

    @Test func `a cursor need not match the filter, as long as it is that customer's`() async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let ids = try await harness.ids("/v1/transactions?status=succeeded&starting_after=ch_b")
            #expect(ids == ["ch_c", "in_e"])
        }
    }

    @Test(arguments: ["starting_after", "ending_before"])
    func `an unknown cursor is refused`(parameter: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let answer = try await harness.get("/v1/transactions?\(parameter)=ch_nobody")
            #expect(answer.status == 400)
            #expect(answer.errorCode == "resource_missing")
            #expect(answer.errorParameter == parameter)
        }
    }

    @Test(arguments: ["starting_after", "ending_before"])
    func `another customer's cursor is refused like an unknown one`(parameter: String) async throws {
        try await WebHarness.with { harness in
            try await harness.deliver(FeedSample.events)
            let query = "/v1/transactions?customer=cus_one&\(parameter)="
            let foreign = try await harness.get(query + "ch_c")
            let missing = try await harness.get(query + "ch_nobody")
            #expect(foreign.status == 400)
            #expect(foreign.withoutRequestID == missing.withoutRequestID)
        }
    }

    @Test(arguments: ["starting_after", "ending_before"])
    func `rows that existed at the start are listed once each, while newer, older and middle rows arrive`(
        parameter: String
    ) async throws {
        try await WebHarness.with { harness in
            let atStart = (0..<60).map {
                MadeEvent.charge("ch_start_\($0)", created: FeedSample.ago(Int64($0) * 7))
            }
            try await harness.deliverAtOnce(atStart)
            let present = try await harness.ids("/v1/transactions?limit=100")
            try #require(present.count == 60)

            let writer = Task {
                var index: Int64 = 0
                while !Task.isCancelled {
                    index += 1
                    let offset = [index, -1000 - index, -(index % 420)][Int(index % 3)]
                    let created = TestClock.start.adding(seconds: offset)
                    try await harness.deliver(MadeEvent.charge("ch_new_\(index)", created: created).body)
                }
            }
            let first = parameter == "ending_before" ? present.last : nil
            let pages = try await harness.pages("limit=3", from: first, by: parameter, until: 2000)
            writer.cancel()
            _ = await writer.result

            let seen = (parameter == "ending_before" ? pages.reversed() : pages).flatMap(\.self)
                .filter { $0.hasPrefix("ch_start_") }
            #expect(seen == (parameter == "ending_before" ? present.dropLast() : present))
        }
    }
}

extension WebHarness {
    /// Follows cursors to the end, or for a number of pages if rows keep arriving at that end.
    fileprivate func pages(
        _ query: String,
        from start: String?,
        by parameter: String,
        until limit: Int = 1000
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var cursor = start
        while pages.count < limit {
            let answer = try await get(
                "/v1/transactions?\(query)" + (cursor.map { "&\(parameter)=\($0)" } ?? "")
            )
            let ids = try answer.ids
            pages.append(ids)
            cursor = parameter == "ending_before" ? ids.first : ids.last
            guard answer.json["has_more"] == true, cursor != nil else { break }
        }
        return pages
    }
}
