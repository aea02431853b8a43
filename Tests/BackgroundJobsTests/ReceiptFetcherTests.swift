import Billing
import StripeAPI
import StripeStandIn
import Synchronization
import Testing
import BackgroundJobs

private let chargeRoute = "GET /v1/charges/:id"

/// A fresh link, once for all who want it at the same time.
@Suite(.timeLimit(.minutes(5)))
struct ReceiptFetcherTests {
    private let charge = ReceiptTarget(object: ObjectReference(.charge, "ch_1"), invoice: nil, account: nil)

    private func withFetcher(
        hosts: ReceiptHosts = .stripe,
        secondsBetweenClicks: Int64 = 10,
        _ body: (ReceiptFetcher, StripeStandIn) async throws -> Void
    ) async throws {
        try await StripeStandIn.with(.init(key: JobHarness.key)) { standIn in
            try standIn.put(Objects.charge())
            try standIn.put(Objects.intent())
            try standIn.put(Objects.invoice())
            try await withStripe(standIn) { stripe in
                let clicks = Counter()
                let fetcher = ReceiptFetcher(stripe: stripe, hosts: hosts) {
                    clicks.increment()
                    return Instant(unixSeconds: Int64(clicks.value) * secondsBetweenClicks)
                }
                try await body(fetcher, standIn)
            }
        }
    }

    /// Why there is no link.
    private func reason(_ fetcher: ReceiptFetcher, _ target: ReceiptTarget) async -> String? {
        do throws(ReceiptUnavailable) {
            _ = try await fetcher.freshURL(for: target)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `clicks within ten seconds are answered by one request, of each receipt`() async throws {
        try await withFetcher(secondsBetweenClicks: 9) { fetcher, standIn in
            try standIn.put(Objects.charge("2"))
            let other = ReceiptTarget(object: ObjectReference(.charge, "ch_2"), invoice: nil, account: nil)
            let first = try await fetcher.freshURL(for: charge)
            #expect(try await fetcher.freshURL(for: charge) == first)
            #expect(standIn.count(chargeRoute) == 1)
            #expect(try await fetcher.freshURL(for: other) != first)
            #expect(try await fetcher.freshURL(for: charge) != first)
            #expect(standIn.count(chargeRoute) == 3)
        }
    }

    @Test func `each click brings a link minted for it`() async throws {
        try await withFetcher { fetcher, standIn in
            let first = try await fetcher.freshURL(for: charge)
            let second = try await fetcher.freshURL(for: charge)
            #expect(first.text.hasPrefix("https://pay.stripe.com/receipts/"))
            #expect(first != second)
            #expect(standIn.count(chargeRoute) == 2)
        }
    }

    @Test(
        arguments: [
            (ObjectReference(.paymentIntent, "pi_1"), nil, "https://pay.stripe.com/receipts/"),
            (ObjectReference(.invoice, "in_1"), nil, "https://invoice.stripe.com/i/"),
            (ObjectReference(.charge, "ch_1"), "in_1", "https://pay.stripe.com/invoice/"),
            (ObjectReference(.charge, "ch_1"), "in_gone", "https://pay.stripe.com/receipts/"),
        ] as [(ObjectReference, String?, String)]
    )
    func `a link leads to the requested document, or to the charge's receipt if there is none`(
        object: ObjectReference,
        invoice: String?,
        start: String
    ) async throws {
        try await withFetcher { fetcher, _ in
            let target = ReceiptTarget(object: object, invoice: invoice, account: nil)
            let url = try await fetcher.freshURL(for: target)
            #expect(url.text.hasPrefix(start), "\(url.text)")
        }
    }

    @Test func `it is asked for in the account the charge belongs to`() async throws {
        try await withFetcher { fetcher, standIn in
            try standIn.put(Objects.charge(), account: "acct_1")
            let target = ReceiptTarget(object: charge.object, invoice: nil, account: "acct_1")
            #expect(try await fetcher.freshURL(for: target).text.contains("/acct_1/"))
            #expect(standIn.requests.map(\.account) == ["acct_1"])
        }
    }

    // MARK: Together

    /// Makes `count` visitors request a target before Stripe answers the first of them.
    private func visitors(
        _ count: Int,
        _ fetcher: ReceiptFetcher,
        _ standIn: StripeStandIn
    ) async -> [Result<String, ReceiptUnavailable>] {
        standIn.fail(.held)
        let asked = Counter()
        return await withTaskGroup(of: Result<String, ReceiptUnavailable>.self) { group in
            for _ in 0..<count {
                group.addTask {
                    asked.increment()
                    do throws(ReceiptUnavailable) {
                        return .success(try await fetcher.freshURL(for: charge).text)
                    } catch {
                        return .failure(error)
                    }
                }
            }
            await standIn.untilHolding(1)
            while asked.value < count, !Task.isCancelled { await Task.yield() }
            // Between counting and asking there is nothing to wait for.
            for _ in 0..<1000 { await Task.yield() }
            standIn.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `those who ask at the same time are answered by one request`() async throws {
        try await withFetcher { fetcher, standIn in
            let answers = await visitors(10, fetcher, standIn)
            #expect(answers.count == 10)
            #expect(Set(answers.map { try? $0.get() }).count == 1)
            #expect(standIn.count(chargeRoute) == 1)
            _ = try await fetcher.freshURL(for: charge)
            #expect(standIn.count(chargeRoute) == 2)
        }
    }

    @Test func `requests for different receipts do not share a call`() async throws {
        try await withFetcher { fetcher, standIn in
            try standIn.put(Objects.charge("2"))
            try standIn.put(Objects.charge(), account: "acct_1")
            standIn.fail(.held)
            let targets = [
                charge, ReceiptTarget(object: ObjectReference(.charge, "ch_2"), invoice: nil, account: nil),
                ReceiptTarget(object: charge.object, invoice: nil, account: "acct_1"),
            ]
            let links = try await withThrowingTaskGroup(of: String.self) { group in
                for target in targets { group.addTask { try await fetcher.freshURL(for: target).text } }
                await standIn.untilHolding(3)
                standIn.release()
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(links.count == 3)
        }
    }

    @Test func `a visitor who goes away does not take the link from the others`() async throws {
        try await withFetcher { fetcher, standIn in
            standIn.fail(.held)
            let first = Task { try await fetcher.freshURL(for: charge) }
            await standIn.untilHolding(1)
            first.cancel()
            let second = Task { try await fetcher.freshURL(for: charge) }
            standIn.release()
            let url = try await second.value
            #expect(url.text.hasPrefix("https://pay.stripe.com/"))
        }
    }

    // MARK: Failures

    @Test(
        arguments: [
            (.rateLimited(reason: "global-rate"), "429"), (.serverError(shouldRetry: nil), "500"),
            (.expiredKey, "401"), (.garbage, "not a JSON object"), (.truncated, "not a JSON object"),
            (.wrongObject, "something else"), (.down, "connection"), (.noReceipt, "no receipt"),
            (.foreignReceipt, "RECEIPT_HOSTS"), (.endless, "limit"),
        ] as [(Fault, String)]
    )
    func `a failure has its reason and no link, and the next click tries again`(
        fault: Fault,
        words: String
    ) async throws {
        try await withFetcher { fetcher, standIn in
            standIn.fail(fault, times: 1)
            let reason = try #require(await reason(fetcher, charge))
            #expect(reason.contains(words), "\(reason)")
            #expect(!reason.contains("https://"))
            #expect(!reason.contains(JobHarness.key))
            #expect(await self.reason(fetcher, charge) == nil)
        }
    }

    @Test func `those who wait together fail together`() async throws {
        try await withFetcher { fetcher, standIn in
            try standIn.put(Objects.charge().replacing("\"succeeded\"", with: "\"failed\""))
            let answers = await visitors(5, fetcher, standIn)
            #expect(
                answers
                    == Array(
                        repeating: .failure(ReceiptUnavailable("Stripe has no receipt for it")),
                        count: 5
                    )
            )
            #expect(standIn.count(chargeRoute) == 1)
        }
    }

    @Test func `an object that Stripe does not have, or that has no receipt, is unavailable`() async throws {
        try await withFetcher { fetcher, standIn in
            func target(_ kind: ObjectKind, _ id: String) -> ReceiptTarget {
                ReceiptTarget(object: ObjectReference(kind, id), invoice: nil, account: nil)
            }
            #expect(await reason(fetcher, target(.charge, "ch_9"))?.contains("404") == true)
            #expect(await reason(fetcher, target(.invoice, "in_9"))?.contains("404") == true)
            let asked = standIn.requests.count
            for kind in ObjectKind.allCases where ![.charge, .paymentIntent, .invoice].contains(kind) {
                #expect(await reason(fetcher, target(kind, "x_1"))?.contains(kind.rawValue) == true)
            }
            #expect(standIn.requests.count == asked)
        }
    }

    @Test(arguments: ["..", ".", "", "ch_1/refund", "ch_1?expand[]=x", "ch 1", "ch_\u{0}"])
    func `an invalid id requests no other path`(id: String) async throws {
        try await withFetcher { fetcher, standIn in
            let target = ReceiptTarget(object: ObjectReference(.charge, id), invoice: nil, account: nil)
            #expect(await reason(fetcher, target) != nil)
            #expect(standIn.requests.allSatisfy { $0.route == chargeRoute })
        }
    }

    @Test func `where the only host allowed is another, no link of Stripe's is handed out`() async throws {
        try await withFetcher(hosts: ReceiptHosts(["receipts.example.net"])) { fetcher, standIn in
            #expect(await reason(fetcher, charge)?.contains("RECEIPT_HOSTS") == true)
            standIn.fail(.foreignReceipt, times: 1)
            #expect(await reason(fetcher, charge) == nil)
        }
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.wrappingAdd(1, ordering: .relaxed) }
}
