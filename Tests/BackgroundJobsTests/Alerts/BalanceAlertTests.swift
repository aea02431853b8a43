import Billing
import Storage
import Testing

@testable import BackgroundJobs

/// Balances by our rows against those that Console and the chain state.
@Suite(.timeLimit(.minutes(5)))
struct BalanceAlertTests {
    private static let dollar = ExactAmount(dollars: "1")

    /// States balances in dollars as of now, or earlier.
    private func state(
        _ balances: [String: String],
        _ bench: AlertBench,
        secondsAgo: Int64 = 0,
        isTrial: Bool = false
    ) async throws {
        let observed = try balances.map { customer, dollars in
            ObservedBalance(
                customer: customer,
                available: try ExactAmount(dollars: dollars).orThrow,
                reserves: [],
                isTrial: isTrial,
                observedAt: bench.harness.time.now.adding(seconds: -secondsAgo)
            )
        }
        #expect(try await bench.harness.store.observe(observed) == balances.count)
    }

    /// Indexes the chain, which makes a block in six seconds, to some seconds before now.
    private func index(_ bench: AlertBench, behind: Int64 = 60) async throws {
        let moment = bench.harness.time.now.adding(seconds: -behind)
        let today = CalendarDate(moment)
        let (blocks, first): (Int64, Int64) = (14_400, 1_000_000)
        let indexed = moment.seconds(since: today.beginning) / 6
        let days = [
            CalendarDay(
                date: today.adding(days: -1),
                firstHeight: first,
                lastHeight: first + blocks - 1,
                lastHeightYet: first + blocks - 1,
                aktPrice: nil,
                isFinal: true
            ),
            CalendarDay(
                date: today,
                firstHeight: first + blocks,
                lastHeight: nil,
                lastHeightYet: first + blocks + indexed - 1,
                aktPrice: nil,
                isFinal: false
            ),
        ]
        guard case .taken = try await bench.harness.store.put(days) else {
            return #expect(Bool(false), "no calendar")
        }
    }

    @Test func `drift over the threshold is one alert, and its end another`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(balanceDrift: try Self.dollar.orThrow)
            try await index(bench)
            try await state(["cus_drifting": "5.004", "cus_exactly": "1", "cus_close": "0.99"], bench)
            try await state(["cus_trial": "9.41"], bench, isTrial: true)
            try await state(["cus_long_ago": "100"], bench, secondsAgo: 7300)
            try await bench.pass(3, worker)
            #expect(bench.receiver.types == ["balances.drifted"])
            let alert = try bench.receiver.message(0)
            #expect(alert.data["customers"] as? Int == 1 && alert.data["new"] as? Int == 1)
            #expect(alert.names("drift", "customer") == ["cus_drifting"])
            #expect(alert.names("drift", "drift") == ["5"])

            // It still differs after an hour, and no alert is sent again.
            try await bench.pass(3700, worker)
            #expect(bench.receiver.types.count == 1)
            try await index(bench)
            try await state(["cus_drifting": "1", "cus_second": "2"], bench)
            try await bench.pass(3700, worker)
            #expect(bench.receiver.types == ["balances.drifted", "balances.drifted"])
            #expect(try bench.receiver.message(1).names("drift", "customer") == ["cus_second"])

            try await index(bench)
            try await state(["cus_second": "0"], bench)
            try await bench.pass(3700, worker)
            #expect(bench.receiver.types.last == "balances.agreed" && bench.receiver.types.count == 3)
            #expect(try await bench.state.balances.told == [])
        }
    }

    @Test func `customers of one user are compared together, as their wallet is one`() async throws {
        try await AlertBench.with { bench in
            let worker = try bench.worker(balanceDrift: try Self.dollar.orThrow)
            try await index(bench)
            for customer in ["cus_former", "cus_now"] {
                let key = CustomerKey(customer, account: nil)
                _ = try await bench.harness.store.put([.user: ["auth0|one"]], of: key, from: .console)
            }
            try await state(["cus_former": "0"], bench, secondsAgo: 5)
            try await state(["cus_now": "3"], bench)
            try await bench.pass(2, worker)
            #expect(bench.receiver.types == ["balances.drifted"])
            #expect(try bench.receiver.message(0).names("drift", "customer") == ["cus_now"])
        }
    }

    @Test(arguments: [true, false])
    func `nothing is compared while usage is behind, or when no threshold is set`(isBehind: Bool) async throws
    {
        try await AlertBench.with { bench in
            let worker = try bench.worker(balanceDrift: isBehind ? try Self.dollar.orThrow : .zero)
            if isBehind { try await index(bench, behind: 7300) } else { try await index(bench) }
            try await state(["cus_1": "500"], bench)
            try await bench.pass(10, worker)
            #expect(bench.receiver.types == [])
        }
    }

    @Test
    func `all customers are compared, page by page and across a restart, and the alert names the first five`()
        async throws
    {
        try await AlertBench.with { bench in
            try await index(bench)
            let customers = (100..<161).map { "cus_\($0)" }
            try await state(Dictionary(uniqueKeysWithValues: customers.map { ($0, "3") }), bench)
            for name in ["first", "second", "third", "fourth"] {
                let worker = try bench.worker(name, balanceDrift: try Self.dollar.orThrow)
                try await bench.pass(1, worker)
                try await worker.leave()
            }
            #expect(bench.receiver.types == ["balances.drifted"])
            let alert = try bench.receiver.message(0)
            #expect(alert.data["customers"] as? Int == 61)
            #expect(alert.names("drift", "customer") == Array(customers.prefix(5)))
        }
    }
}
