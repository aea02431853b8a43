import BackgroundJobs
import Billing
import JSON
import Logging
import Storage
import StorageConformance
import Testing
import UsageSources

/// The import from Console's own database.
@Suite(.timeLimit(.minutes(5)))
struct ConsoleImportTests {
    private static let now = Instant(unixSeconds: 1_790_000_000)

    /// A source that breaks after some answers.
    private final class Breaking: ConsoleSource, @unchecked Sendable {
        let base: any ConsoleSource
        var answersLeft: Int

        init(_ base: any ConsoleSource, after answers: Int) {
            self.base = base
            answersLeft = answers
        }

        private func count() throws(UsageSourceError) {
            guard answersLeft > 0 else { throw .unavailable("It broke.") }
            answersLeft -= 1
        }

        func customers(
            after customer: String?,
            limit: Int
        ) async throws(UsageSourceError) -> [ConsoleCustomer] {
            try count()
            return try await base.customers(after: customer, limit: 2)
        }

        func payments(
            after place: ConsolePlace?,
            limit: Int
        ) async throws(UsageSourceError) -> [ConsolePayment] {
            try count()
            return try await base.payments(after: place, limit: 2)
        }
    }

    @discardableResult
    private func pass(
        _ source: any ConsoleSource,
        into store: any Store,
        isDryRun: Bool = false,
        isFull: Bool = true,
        trialGrant: Money? = nil,
        at now: Instant = Self.now
    ) async throws -> ConsoleImportProgress {
        let runtime = JobRunner.Runtime(now: { now })
        let worker = ConsoleImportWorker(
            store: store,
            source: source,
            livemode: true,
            trialGrant: trialGrant,
            intervalSeconds: 0,
            runtime: runtime,
            logger: Logger(label: "test")
        )
        let runner = JobRunner([worker], store: store, runtime: runtime, logger: Logger(label: "test"))
        let job = try await store.beginImport(isDryRun: isDryRun, isFull: isFull, now: now)
        _ = try await runner.workOnce()
        return try #require(try await store.job(id: job.id)?.importProgress)
    }

    /// Three users, of whom two have paid: a payment with a bonus, a manual credit, a coupon, and a failed payment.
    private func fill(_ tables: ConsoleTables) throws {
        try tables.addUser(1, sub: "auth0|one", customer: "cus_1", wallet: "akash1one")
        try tables.addUser(2, sub: nil, customer: "cus_2", wallet: "akash1two")
        try tables.addUser(3, sub: "auth0|three", customer: nil)
        try tables.addTransaction(
            1,
            ofUser: 1,
            [
                "type": "'payment_intent'", "status": "'succeeded'", "amount": "2500", "bonus_amount": "250",
                "stripe_payment_intent_id": "'pi_1'",
            ]
        )
        try tables.addTransaction(
            2,
            ofUser: 1,
            [
                "type": "'manual_credit'", "status": "'succeeded'", "amount": "9900",
                "stripe_invoice_id": "'in_1'", "description": "'Sorry'",
            ]
        )
        try tables.addTransaction(
            3,
            ofUser: 2,
            [
                "type": "'coupon_claim'", "status": "'succeeded'", "amount": "1000",
                "stripe_invoice_id": "'in_2'", "description": "'Coupon: SPRING'",
            ]
        )
        try tables.addTransaction(
            4,
            ofUser: 2,
            ["type": "'manual_credit'", "status": "'failed'", "amount": "7"]
        )
    }

    /// Tells the store of the payment and of a former customer of the first user, as Stripe did.
    private func tell(_ store: any Store) async throws {
        try await store.record(
            MadeUp.event(
                "evt_1",
                "charge.succeeded",
                MadeUp.charge("ch_1", amount: 2500, ["customer": "cus_1", "payment_intent": "pi_1"])
            )
        )
        try await store.record(
            MadeUp.event(
                "evt_old",
                "customer.created",
                MadeUp.customer("cus_old", user: ConsoleTables.uuid(1))
            )
        )
    }

    private func customers(_ store: any Store, of user: String) async throws -> [String] {
        try await store.customers(ofUser: user)
    }

    @Test func `users, wallets and given money are taken over, and again nothing changes`() async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            let store = InMemoryStore()
            try await tell(store)
            let source = ConsoleDatabase(try tables.database.url)
            let counted = try await pass(source, into: store, isDryRun: true)
            #expect(try await store.allRows().map(\.id) == ["pi_1"])
            #expect(try await customers(store, of: "auth0|one") == [])

            let first = try await pass(source, into: store)
            #expect(
                [first.customers, first.linked, first.wallets, first.payments, first.credits] == [
                    2, 3, 2, 4, 3,
                ]
            )
            #expect(first.problems == 0 && first.stage == .done)
            #expect(counted.credits == 3 && counted.wallets == 2 && counted.linked == 3)
            for user in ["auth0|one", ConsoleTables.uuid(1)] {
                #expect(try await customers(store, of: user) == ["cus_1", "cus_old"], "\(user)")
            }
            #expect(try await customers(store, of: ConsoleTables.uuid(2)) == ["cus_2"])
            let march = try #require(CalendarDate("2026-03-01"))
            #expect(
                try await store.accounts(of: "cus_1")
                    == [AccountPeriod(address: "akash1one", from: march, through: nil)]
            )
            let rows = try await store.allRows()
            #expect(Set(rows.map(\.id)) == ["pi_1", "console_\(ConsoleTables.uuid(1))", "in_1", "in_2"])
            #expect(rows.first { $0.id == "pi_1" }?.bonus == 250)
            let coupon = rows.first { $0.id == "in_2" }
            #expect(coupon?.creditKind == .coupon && coupon?.description == "Coupon: SPRING")
            #expect(rows.first { $0.id == "in_1" }?.creditKind == .manual)

            let events = try await store.lastSequence()
            let second = try await pass(source, into: store)
            #expect([second.linked, second.wallets, second.credits, second.problems] == [0, 0, 0, 0])
            #expect(second.payments == 4)
            #expect(try await store.lastSequence() == events)
            #expect(try await store.allRows() == rows)
            await source.close()
        }
    }

    @Test func `former wallets are the customer's too, and end before the one they have now`() async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            try tables.database.run(
                """
                CREATE SCHEMA old;
                CREATE TABLE old.wallets (user_id VARCHAR, address TEXT);
                INSERT INTO old.wallets VALUES ('\(ConsoleTables.uuid(1))', 'akash1derived'),
                    ('\(ConsoleTables.uuid(3))', 'akash1uncustomed'), ('\(ConsoleTables.uuid(2))', NULL)
                """
            )
            let store = InMemoryStore()
            let source = ConsoleDatabase(try tables.database.url, formerWallets: "old.wallets")
            #expect(try await pass(source, into: store).wallets == 3)
            #expect(try await pass(source, into: store).wallets == 0)
            let march = try #require(CalendarDate("2026-03-01"))
            #expect(
                try await store.accounts(of: "cus_1") == [
                    AccountPeriod(address: "akash1derived", from: nil, through: nil),
                    AccountPeriod(address: "akash1one", from: march, through: nil),
                ]
            )
            await source.close()
        }
    }

    @Test func `what a wallet holds and what its leases have in escrow is the balance that Console states`()
        async throws
    {
        try await ConsoleTables.with { tables in
            try fill(tables)
            try tables.addUser(4, sub: "auth0|four", customer: "cus_4", wallet: "akash1endless")
            try tables.database.run(
                """
                UPDATE user_wallets SET deployment_allowance = 9410000.25, trial = FALSE WHERE address = 'akash1one';
                UPDATE user_wallets SET deployment_allowance = 590000 WHERE address = 'akash1two'
                """
            )
            let store = InMemoryStore()
            let source = ConsoleDatabase(try tables.database.url)
            try await pass(source, into: store)
            // Without the chain the amounts in escrow are unknown.
            #expect(try await store.observedBalances(after: nil, limit: 9) == [])

            let day = CalendarDay(
                date: CalendarDate(Self.now),
                firstHeight: 1000,
                lastHeight: nil,
                lastHeightYet: 2000,
                aktPrice: nil,
                isFinal: false
            )
            _ = try await store.put([day])
            func lease(_ dseq: Int, _ owner: String, end: String) -> String {
                #"{"chain_id":"akashnet-2","owner":"\#(owner)","dseq":"\#(dseq)","gseq":1,"oseq":1,"provider":"akash1p","#
                    + #""denom":"uact","price_per_block":"2.5","created_height":"1000","predicted_end_height":\#(end),"#
                    + #""state":"active","cpu_milli":1,"memory_bytes":1,"ephemeral_bytes":1,"persistent_bytes":0,"gpu_units":0}"#
            }
            let texts = [
                lease(7, "akash1one", end: "\"402000\""), lease(8, "akash1one", end: "1500"),
                lease(9, "akash1endless", end: "null"),
            ]
            let leases = try texts.map { text in
                try Array(text.utf8).withUnsafeBufferPointer {
                    try JSONValue.read($0) { try LeaseRecord($0) }
                }
            }
            guard case .taken = try await store.put(leases) else { return #expect(Bool(false), "no leases") }
            try await pass(source, into: store)
            let observed = try await store.observedBalances(after: nil, limit: 9)
            #expect(observed.map(\.customer) == ["cus_1", "cus_2"])
            #expect(observed.map(\.available.exactText) == ["9.41000025", "0.59"])
            #expect(observed.map(\.isTrial) == [false, true])
            #expect(observed[0].reserves.map { "\($0.dseq) \($0.amount.exactText)" } == ["7 1", "8 0"])
            #expect(observed.allSatisfy { $0.observedAt == Self.now })
            await source.close()
        }
    }

    @Test
    func
        `a wallet is stated of the customer who has it now, and no former wallet is another's present one`()
        async throws
    {
        try await ConsoleTables.with { tables in
            try tables.addUser(1, sub: "auth0|one", customer: "cus_1", wallet: "akash1one")
            try tables.addUser(2, sub: "auth0|two", customer: "cus_2", wallet: "akash1two")
            try tables.database.run(
                """
                UPDATE user_wallets SET deployment_allowance = 40000000, trial = FALSE;
                CREATE TABLE former (user_id UUID, address TEXT);
                INSERT INTO former VALUES ('\(ConsoleTables.uuid(1))', 'akash1two')
                """
            )
            let store = InMemoryStore()
            let day = CalendarDay(
                date: CalendarDate(Self.now),
                firstHeight: 1000,
                lastHeight: nil,
                lastHeightYet: 2000,
                aktPrice: nil,
                isFinal: false
            )
            _ = try await store.put([day])
            let source = ConsoleDatabase(try tables.database.url, formerWallets: "former")
            #expect(try await pass(source, into: store).problems == 0)
            #expect(try await store.accounts(of: "cus_1").map(\.address) == ["akash1one"])
            #expect(try await store.accounts(of: "cus_2").map(\.address) == ["akash1two"])
            try tables.database.run(
                #"UPDATE "userSetting" SET "stripeCustomerId" = 'cus_new' WHERE "stripeCustomerId" = 'cus_1'"#
            )
            for later in [60, 120] as [Int64] {
                try await pass(source, into: store, at: Self.now.adding(seconds: later))
            }
            let observed = try await store.observedBalances(after: nil, limit: 9)
            #expect(
                observed.map { "\($0.customer) \($0.all.exactText)" } == [
                    "cus_1 0", "cus_2 40", "cus_new 40",
                ]
            )
            await source.close()
        }
    }

    @Test func `a trial is a credit once it was granted, and none for who paid before`() async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            try tables.addUser(4, sub: "auth0|four", customer: "cus_4", wallet: "akash1never")
            try tables.database.run(
                """
                UPDATE user_wallets SET activated_at = '2026-03-01 09:00:00+00' WHERE address = 'akash1one';
                UPDATE user_wallets SET activated_at = '2026-03-02 00:00:01+00' WHERE address = 'akash1two'
                """
            )
            let store = InMemoryStore()
            let source = ConsoleDatabase(try tables.database.url)
            try await tell(store)
            try await pass(source, into: store)
            #expect(try await store.allRows().filter { $0.creditKind == .trial } == [])
            for (cents, credits) in [(Int64(1000), 1), (1000, 0), (2500, 0)] {
                let grant = Money(minorUnits: cents, currency: .usd)
                let progress = try await pass(source, into: store, trialGrant: grant)
                #expect(progress.credits == credits && progress.problems == 0)
            }
            let trials = try await store.allRows().filter { $0.creditKind == .trial }
            #expect(trials.map(\.id) == ["console_trial_\(ConsoleTables.uuid(1))"])
            #expect(
                trials.map(\.amount) == [1000] && trials.map(\.created.rfc3339) == ["2026-03-01T09:00:00Z"]
            )
            await source.close()
        }
    }

    @Test func `a pass by itself reads only what changed since the last`() async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            let store = InMemoryStore()
            let source = ConsoleDatabase(try tables.database.url)
            try await pass(source, into: store)
            try tables.addTransaction(
                9,
                ofUser: 2,
                ["type": "'manual_credit'", "status": "'succeeded'", "amount": "5"],
                changed: "'2026-03-02 00:20:00'"
            )
            let next = try await pass(source, into: store, isFull: false)
            #expect(next.payments == 5 && next.credits == 1)
            let last = try await pass(source, into: store, isFull: false)
            #expect(last.payments == 1 && last.credits == 0 && last.pass == 3)
            await source.close()
        }
    }

    @Test(arguments: 0..<7)
    func `an import that is cut off anywhere goes on to the same end`(answers: Int) async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            for user in 4...6 {
                try tables.addUser(
                    user,
                    sub: "auth0|\(user)",
                    customer: "cus_\(user)",
                    wallet: "akash1u\(user)"
                )
            }
            let (whole, cut) = (InMemoryStore(), InMemoryStore())
            for store in [whole, cut] { try await tell(store) }
            let source = ConsoleDatabase(try tables.database.url)
            try await pass(source, into: whole)
            let broken = try await pass(Breaking(source, after: answers), into: cut)
            #expect(broken.stage != .done)
            let end = try await pass(Breaking(source, after: .max), into: cut, isFull: false)
            #expect(end.stage == .done && end.customers == 5 && end.payments == 4)
            #expect(try await cut.allRows() == whole.allRows())
            for user in ["auth0|one", "auth0|4", "auth0|6"] {
                #expect(try await customers(cut, of: user) == customers(whole, of: user))
            }
            #expect(try await cut.accounts(of: "cus_6") == whole.accounts(of: "cus_6"))
            await source.close()
        }
    }

    @Test func `what was put wins over Console, and an address stays with the customer who has it`()
        async throws
    {
        try await ConsoleTables.with { tables in
            try fill(tables)
            let store = InMemoryStore()
            _ = try await store.put([.user: ["put"]], of: CustomerKey("cus_1", account: nil), from: .api)
            let theirs = AccountPeriod(address: "akash1two", from: nil, through: nil)
            _ = try await store.setAccounts([AccountMap(customer: "cus_9", accounts: [theirs])])
            let source = ConsoleDatabase(try tables.database.url)
            let progress = try await pass(source, into: store)
            #expect(try await customers(store, of: "put") == ["cus_1"])
            #expect(try await customers(store, of: "auth0|one") == [])
            #expect(try await store.accounts(of: "cus_9") == [theirs])
            #expect(try await store.accounts(of: "cus_2") == [])
            #expect(progress.firstProblems.contains { $0.contains("akash1two") })
            await source.close()
        }
    }

    @Test func `what Console and Stripe say differently is reported, and Stripe is believed`() async throws {
        try await ConsoleTables.with { tables in
            try tables.addUser(1, sub: "auth0|one", customer: "cus_1")
            try tables.addUser(3, sub: "auth0|three", customer: nil)
            func add(
                _ number: Int,
                _ intent: String,
                _ status: String,
                _ amount: Int,
                refunded: Int = 0
            ) throws {
                try tables.addTransaction(
                    number,
                    ofUser: 1,
                    [
                        "type": "'payment_intent'", "status": "'\(status)'", "amount": "\(amount)",
                        "amount_refunded": "\(refunded)", "stripe_payment_intent_id": "'\(intent)'",
                    ]
                )
            }
            try add(1, "pi_1", "succeeded", 2400)
            try add(2, "pi_none", "succeeded", 2500)
            try add(3, "pi_created", "created", 2500)
            try add(4, "pi_2", "failed", 2500)
            try add(5, "pi_3", "succeeded", 2500, refunded: 100)
            try add(6, "pi_4", "succeeded", 2500)
            try tables.addTransaction(
                7,
                ofUser: 3,
                ["type": "'manual_credit'", "status": "'succeeded'", "amount": "7"]
            )
            let store = InMemoryStore()
            for number in 1...4 {
                try await store.record(
                    MadeUp.event(
                        "evt_\(number)",
                        "charge.succeeded",
                        MadeUp.charge("ch_\(number)", amount: 2500, ["payment_intent": "pi_\(number)"])
                    )
                )
            }
            let rows = try await store.allRows()
            let source = ConsoleDatabase(try tables.database.url)
            let progress = try await pass(source, into: store)
            #expect(
                progress.firstProblems == [
                    "pi_1 is $24.00 at Console and $25.00 here",
                    "pi_none is succeeded at Console and unknown here",
                    "pi_2 is failed at Console and succeeded here",
                    "pi_3 was refunded $1.00 at Console and $0.00 here",
                    "transaction \(ConsoleTables.uuid(7)) gave money to a user without a customer at Stripe",
                ]
            )
            #expect(try await store.allRows() == rows)
            await source.close()
        }
    }

    @Test func `a row that cannot be is reported, and the others are taken over`() async throws {
        try await ConsoleTables.with { tables in
            try tables.database.run(
                """
                ALTER TABLE stripe_transactions ALTER amount DROP NOT NULL, ALTER created_at DROP NOT NULL;
                ALTER TYPE stripe_transaction_type ADD VALUE 'affiliate_commission'
                """
            )
            try tables.addUser(1, sub: "auth0|one", customer: "cus_1", wallet: "akash1shared")
            try tables.addUser(2, sub: "auth0|two", customer: "cus_2")
            try tables.database.run("UPDATE user_wallets SET created_at = 'infinity'")
            func add(_ number: Int, _ values: [String: String]) throws {
                try tables.addTransaction(
                    number,
                    ofUser: 1,
                    ["type": "'manual_credit'", "status": "'succeeded'", "amount": "\(number)"].merging(
                        values
                    ) {
                        $1
                    }
                )
            }
            try add(1, ["stripe_invoice_id": "'pi_1'"])
            try add(2, ["currency": "'u$d'"])
            try add(3, ["amount": "NULL"])
            try add(4, ["stripe_invoice_id": "''"])
            try add(5, ["type": "'affiliate_commission'"])
            try add(6, ["status": "'refunded'", "amount_refunded": "6"])
            try tables.database.run(
                """
                UPDATE stripe_transactions SET updated_at = 'infinity' WHERE amount = 4;
                INSERT INTO stripe_transactions (id, user_id, type, status, amount, created_at)
                VALUES ('\(ConsoleTables.uuid(7))', '\(ConsoleTables.uuid(1))', 'manual_credit', 'succeeded', 7, 'infinity')
                """
            )
            let store = InMemoryStore()
            let source = ConsoleDatabase(try tables.database.url)
            let progress = try await pass(source, into: store)
            #expect(progress.stage == .done && progress.payments == 7 && progress.wallets == 1)
            let named = [1, 2, 5, 7].map { ConsoleTables.uuid($0) }
            #expect(progress.problems == 4, "\(progress.firstProblems)")
            #expect(named.allSatisfy { id in progress.firstProblems.contains { $0.contains(id) } })
            #expect(try await store.allRows().map(\.id) == ["console_\(ConsoleTables.uuid(4))"])
            let again = try await pass(source, into: store)
            #expect(again.credits == 0 && again.problems == 4)
            await source.close()
        }
    }

    /// Stripe's ids have letters of both cases, which locales order otherwise than bytes.
    @Test func `every customer is read, in whatever order the database sorts`() async throws {
        try await ConsoleTables.with { tables in
            let ids = ["cus_b", "cus_B", "cus_a", "cus_A", "cus_Z", "cus_9", "cus_c"]
            for (number, id) in ids.enumerated() {
                try tables.addUser(number + 1, sub: "auth0|\(number)", customer: id)
            }
            let source = ConsoleDatabase(try tables.database.url)
            let store = InMemoryStore()
            let progress = try await pass(Breaking(source, after: .max), into: store)
            #expect(progress.customers == ids.count && progress.linked == ids.count)
            for (number, id) in ids.enumerated() {
                #expect(try await customers(store, of: "auth0|\(number)") == [id])
            }
            await source.close()
        }
    }

    @Test func `a user whose customer changes keeps what was theirs`() async throws {
        try await ConsoleTables.with { tables in
            try fill(tables)
            let store = InMemoryStore()
            try await tell(store)
            let source = ConsoleDatabase(try tables.database.url)
            try await pass(source, into: store)
            let rows = try await store.allRows()
            try tables.database.run(
                #"UPDATE "userSetting" SET "stripeCustomerId" = 'cus_new' WHERE "stripeCustomerId" = 'cus_1'"#
            )
            let moved = try await pass(source, into: store)
            #expect(moved.problems == 0 && moved.credits == 0, "\(moved.firstProblems)")
            #expect(try await store.allRows() == rows)
            #expect(try await customers(store, of: "auth0|one") == ["cus_1", "cus_new", "cus_old"])
            await source.close()
        }
    }

    @Test func `a database that is not Console's is refused with that reason, and nothing is written there`()
        async throws
    {
        try await IndexerDatabase.with { database in
            let source = ConsoleDatabase(try database.url)
            await #expect(throws: UsageSourceError.self) { try await source.customers(after: nil, limit: 1) }
            do {
                _ = try await source.payments(after: nil, limit: 1)
            } catch {
                #expect("\(error)".contains("CONSOLE_DATABASE_URL"), "\(error)")
            }
            await source.close()
        }
    }
}
