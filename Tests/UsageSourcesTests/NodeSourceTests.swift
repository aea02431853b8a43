import AkashNodeStandIn
import Billing
import HTTPClient
import Storage
import StorageConformance
import Testing
import UsageSources

/// The leases of a node, however it pages, and whatever it does wrong.
@Suite(.timeLimit(.minutes(5)))
struct NodeSourceTests {
    private func with<Result>(
        pageSize: Int = 3,
        limits: TransportLimits = TransportLimits(totalTimeout: .seconds(20), maxBodyBytes: 1 << 20),
        _ body: (AkashNodeStandIn, NodeSource) async throws -> Result
    ) async throws -> Result {
        try await AkashNodeStandIn.with { node in
            let transport = try CurlTransport()
            let source = NodeSource(
                try #require(NodeURL(node.baseURL)),
                transport: transport,
                chainID: "akashnet-2",
                pageSize: pageSize,
                limits: limits
            )
            do {
                let result = try await body(node, source)
                await transport.shutdown()
                return result
            } catch {
                await transport.shutdown()
                throw error
            }
        }
    }

    private static func leases(_ count: Int64, of owner: String = "akash1o") -> [NodeLease] {
        (0..<count).map { NodeLease(owner: owner, dseq: 1000 + $0) }
    }

    /// Every lease that a walk brings, in its order.
    private func walk(_ source: NodeSource, of owner: String = "akash1o") async throws -> [Int64] {
        var question = LeaseQuery(owner: owner, asOf: 5000)
        var found: [Int64] = []
        repeat {
            let page = try await source.leases(question)
            found += page.leases.map(\.identity.dseq)
            question.cursor = page.next
        } while question.cursor != nil
        return found
    }

    @Test(arguments: [0, 1, 2, 3, 4, 6, 7, 10], [false, true])
    func `each lease comes once and none is missing, by key and where keys are not heeded`(
        count: Int64,
        ignoresKey: Bool
    ) async throws {
        try await with { node, source in
            node.behave { $0.ignoresKey = ignoresKey }
            node.put(Self.leases(count) + Self.leases(4, of: "akash1other"))
            let found = try await walk(source)
            #expect(found == Array(1000..<1000 + count))
            let byOffset = node.requests.contains { $0.contains("pagination.offset") }
            #expect(byOffset == (ignoresKey && count > 3))
        }
    }

    @Test(arguments: [1, 2, 3])
    func `pages that the node makes smaller than was asked are no end`(limit: Int) async throws {
        for ignoresKey in [false, true] {
            try await with(pageSize: 50) { node, source in
                node.behave {
                    $0.maximumLimit = limit
                    $0.ignoresKey = ignoresKey
                }
                node.put(Self.leases(5))
                let found = try await walk(source)
                #expect(found == Array(1000..<1005))
            }
        }
    }

    @Test func `a node of which only the first page can be had is refused rather than asked for ever`()
        async throws
    {
        try await with { node, source in
            node.behave {
                $0.ignoresKey = true
                $0.ignoresOffset = true
            }
            node.put(Self.leases(10))
            await #expect {
                _ = try await walk(source)
            } throws: { error in
                guard case .refused(let reason) = error as? UsageSourceError else { return false }
                return reason.contains("pagination.offset")
            }
            #expect(node.requests.count < 10)
        }
    }

    @Test(arguments: [false, true])
    func `a lease that is closed while the list is read makes none be missed`(ignoresKey: Bool) async throws {
        try await with { node, source in
            node.behave { behaviour in
                behaviour.ignoresKey = ignoresKey
                behaviour.beforePage = { page in
                    guard page == 3 else { return }
                    var leases = Self.leases(12)
                    // It moves behind those that are active, and all of those move up.
                    leases[0].state = "closed"
                    leases[0].closed = 4000
                    node.put(leases)
                }
            }
            node.put(Self.leases(12))
            let found = try await walk(source)
            #expect(Set(found) == Set(1000..<1012))
        }
    }

    @Test func `a node's lease is read exactly, and open is open`() async throws {
        try await with { node, source in
            var lease = NodeLease(owner: "akash1o", dseq: 9_007_199_254_740_993)
            lease.price = "0.000000000000000001"
            lease.denomination = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"
            lease.withdrawn = "123.400000000000000000"
            var closed = NodeLease(owner: "akash1o", dseq: 2000)
            closed.state = "closed"
            closed.closed = 2500
            var dry = NodeLease(owner: "akash1o", dseq: 3000)
            dry.state = "insufficient_funds"
            node.put([lease, closed, dry])
            node.behave { $0.height = 4000 }
            let page = try await source.leases(LeaseQuery(owner: "akash1o", asOf: 3900))
            let records = Dictionary(uniqueKeysWithValues: page.leases.map { ($0.identity.dseq, $0) })
            let first = try #require(records[9_007_199_254_740_993])
            #expect(first.prices[0].pricePerBlock.microUnitsText == "0.000000000000000001")
            #expect(first.prices[0].denomination == .uusdc)
            #expect(first.withdrawn?.microUnitsText == "123.4")
            #expect(first.state == .active)
            #expect(first.endHeight == nil)
            #expect(first.asOfHeight == 4000)
            #expect(records[2000]?.closedHeight == 2500)
            #expect(records[2000]?.state == .closed)
            // It has ended at an unknown time: no later than now.
            #expect(records[3000]?.escrowEndHeight == 4000)
            #expect(records[3000]?.state == .insufficientFunds)
        }
    }

    @Test func `the latest block tells height and time, and a node of another chain is refused`() async throws
    {
        try await with { node, source in
            node.behave { $0.height = 77 }
            let head = try await source.head()
            #expect(head == ChainHead(height: 77, at: Instant(rfc3339: "2026-11-20T12:00:00Z")))
            node.behave { $0.hidesLatestBlock = true }
            #expect(try await source.head() == ChainHead(height: nil, at: nil))
            node.behave {
                $0.hidesLatestBlock = false
                $0.chainID = "sandbox-01"
            }
            await #expect {
                _ = try await source.head()
            } throws: { error in
                guard case .refused(let reason) = error as? UsageSourceError else { return false }
                return reason.contains("sandbox-01") && reason.contains("AKASH_CHAIN_ID")
            }
        }
    }

    enum Kind { case unavailable, refused, unreadable }

    @Test(arguments: [
        (AkashNodeStandIn.Fault.status(503), Kind.unavailable), (.status(429), .unavailable),
        (.status(400), .refused), (.status(302), .refused), (.body(""), .unreadable),
        (.body("<html>"), .unreadable),
        (.body("{}"), .unreadable), (.body(#"{"leases":{}}"#), .unreadable),
        (.body(#"{"leases":[1]}"#), .unreadable),
        (.body(#"{"leases":[{"lease":{"owner":"akash1o"}}]}"#), .unreadable),
        (.body(#"{"leases":[{"lease":{"id":{"owner":"akash1z"}}}]}"#), .refused), (.endless, .refused),
    ])
    func `an answer that is none is an error of its kind`(
        fault: AkashNodeStandIn.Fault,
        kind: Kind
    ) async throws {
        try await with { node, source in
            node.behave { $0.fault = fault }
            await #expect {
                _ = try await source.leases(LeaseQuery(owner: "akash1o"))
            } throws: { error in
                switch error as? UsageSourceError {
                case .unavailable: kind == .unavailable
                case .refused: kind == .refused
                case .unreadable: kind == .unreadable
                case nil: false
                }
            }
        }
    }

    @Test func `a node that does not answer is given up`() async throws {
        try await with(limits: TransportLimits(totalTimeout: .milliseconds(150))) { node, source in
            node.behave { $0.fault = .held }
            await #expect {
                _ = try await source.head()
            } throws: { error in
                if case .unavailable = error as? UsageSourceError { true } else { false }
            }
        }
    }

    @Test(arguments: [
        ("price", #""amount":"12.500000000000000000"},"created_at""#, #""amount":"1e5"},"created_at""#),
        ("denomination", #""denom":"uakt","amount":"12.5"#, #""denom":"udoge","amount":"12.5"#),
        ("closed height", #""closed_on":"0""#, #""closed_on":"x""#),
        ("closed height", #""state":"active""#, #""state":"closed""#),
        ("dseq", #""dseq":"1000""#, #""dseq":"-1""#),
    ])
    func `a lease with an invalid field is set aside, and every other lease of its page is taken`(
        field: String,
        right: String,
        wrong: String
    ) async throws {
        try await with { node, source in
            var leases = Self.leases(5)
            let text = NodeLease(owner: "akash1o", dseq: 1000).text
            #expect(text.contains(right))
            leases[0].replacement = text.replacing(right, with: wrong)
            let bench = SyncBench(store: InMemoryStore())
            _ = try await bench.store.setAccounts(
                [AccountPeriod(address: "akash1o", from: nil, through: nil)],
                of: "cus_1"
            )
            for ignoresKey in [false, true] {
                node.put(leases)
                node.behave { $0.ignoresKey = ignoresKey }
                let progress = try #require(try await bench.pass(source).syncProgress)
                #expect(progress.stage == .done && progress.setAside == 1 && progress.leases == 4)
                #expect(progress.firstSetAside.first?.fault.contains(field) == true)
                let taken = try await bench.store.openLeases(of: "akash1o").map(\.identity.dseq)
                #expect(taken == [1001, 1002, 1003, 1004])
            }
            node.put(Self.leases(5))
            #expect(try await bench.pass(source).syncProgress?.setAside == 0)
            #expect(try await bench.store.openLeases(of: "akash1o").count == 5)
        }
    }

    @Test func `a lease that the node has dropped is closed, and an empty node closes none`() async throws {
        try await with { node, source in
            let bench = SyncBench(store: InMemoryStore())
            for owner in ["akash1o", "akash1z"] {
                let period = AccountPeriod(address: owner, from: nil, through: nil)
                _ = try await bench.store.setAccounts([period], of: "cus_\(owner)")
            }
            node.behave { $0.height = 4000 }
            node.put(Self.leases(7) + Self.leases(2, of: "akash1z"))
            let first = try #require(try await bench.pass(source).syncProgress)
            #expect(first.checked == 9 && first.missing == 0)
            var left = Self.leases(7).filter { $0.dseq != 1003 }
            left[0].replacement = left[0].text.replacing("uakt", with: "udoge")
            node.put(left + Self.leases(2, of: "akash1z"))
            node.behave { $0.height = 5000 }
            let second = try #require(try await bench.pass(source).syncProgress)
            #expect(second.checked == 9 && second.missing == 1 && second.vanished == 1)
            let open = try await bench.store.openLeases(of: "akash1o").map(\.identity.dseq)
            #expect(open == [1000, 1001, 1002, 1004, 1005, 1006])
            node.put([])
            let third = try #require(try await bench.pass(source).syncProgress)
            #expect(third.checked == 8 && third.missing == 8 && third.vanished == 0)
            #expect(try await bench.store.openLeases(of: "akash1o").count == 6)
        }
    }

    @Test func `only leases of known accounts are read, and no days`() async throws {
        try await with { node, source in
            node.put(
                Self.leases(7, of: "akash1a") + Self.leases(2, of: "akash1b") + Self.leases(2, of: "akash1c")
            )
            let bench = SyncBench(store: InMemoryStore())
            for (customer, address) in [("cus_1", "akash1a"), ("cus_2", "akash1c")] {
                _ = try await bench.store.setAccounts(
                    [AccountPeriod(address: address, from: nil, through: nil)],
                    of: customer
                )
            }
            // Taken up again after each answer, by another worker each time.
            var run = try await bench.pass(CuttingSource(source, after: 1))
            var sittings = 1
            while run.state != .completed, sittings < 20 {
                run = try await bench.pass(CuttingSource(source, after: 1))
                sittings += 1
            }
            #expect(sittings > 3)
            #expect(try await bench.store.openLeases(of: "akash1a").count == 7)
            #expect(try await bench.store.openLeases(of: "akash1b").isEmpty)
            #expect(try await bench.store.openLeases(of: "akash1c").count == 2)
            #expect(try await bench.store.newestDay() == nil)
            #expect(run.syncProgress?.leases == 9)
            let again = try await bench.pass(source)
            #expect(again.syncProgress?.leasesChanged == 0)
        }
    }

    @Test(arguments: [
        ("https://rest.example.com", true), ("http://127.0.0.1:1317/", true),
        ("https://h.example/akash/key", true),
        ("ftp://h.example", false), ("https://u:p@h.example", false), ("https://h.example/?x=1", false),
        ("h.example", false), ("", false),
    ])
    func `a node's URL has no user and no query`(text: String, isOne: Bool) {
        #expect((NodeURL(text) != nil) == isOne)
        #expect(NodeURL(text)?.description.contains("key") != true)
    }
}
