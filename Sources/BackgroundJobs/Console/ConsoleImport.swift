import Billing
import Logging
import Storage

/// One execution of one pass over Console's database, page by page.
///
/// Progress is stored after each page. A kill repeats at most one page, and repeating changes nothing. Not
/// thread-safe: only one task may use it.
final class ConsoleImport {
    private(set) var progress: ConsoleImportProgress

    private let execution: JobExecution
    private let store: any Store
    private let source: any ConsoleSource
    private let livemode: Bool
    private let trialGrant: Money?
    let now: () -> Instant

    private static let pageSize = 500

    init(
        _ execution: JobExecution,
        _ progress: ConsoleImportProgress,
        store: any Store,
        source: any ConsoleSource,
        livemode: Bool,
        trialGrant: Money?,
        now: @escaping () -> Instant
    ) {
        self.execution = execution
        // The last pass is complete: this is the next one.
        self.progress = progress.stage == .done ? progress.next(isFull: false) : progress
        self.store = store
        self.source = source
        self.livemode = livemode
        self.trialGrant = trialGrant
        self.now = now
    }

    /// Continues the pass from its stored progress to its end.
    func perform() async throws(Interruption) {
        if progress.begunAt == nil { progress.begunAt = now() }
        while progress.stage == .customers {
            let page = try await read { source throws(UsageSourceError) in
                try await source.customers(after: progress.lastCustomer, limit: Self.pageSize)
            }
            var former: Set<String> = []
            for customer in page { former.formUnion(try await take(customer)) }
            try await observe(page)
            try await forget(former)
            try await give(page.flatMap(trials), mayDiffer: true)
            progress.customers += page.count
            if let last = page.last { progress.lastCustomer = last.id } else { progress.stage = .payments }
            try await keep()
        }
        while progress.stage == .payments {
            let page = try await read { source throws(UsageSourceError) in
                try await source.payments(after: progress.lastPayment, limit: Self.pageSize)
            }
            try await take(page)
            progress.payments += page.count
            if let last = page.last { progress.lastPayment = last.place } else { progress.stage = .done }
            try await keep()
        }
        progress.completedAt = progress.begunAt
        progress.completedThrough = progress.lastPayment ?? progress.completedThrough
    }

    // MARK: Who is who

    /// Takes over a customer's users and wallets.
    ///
    /// - Returns: The other customers of the same users.
    private func take(_ customer: ConsoleCustomer) async throws(Interruption) -> Set<String> {
        let key = CustomerKey(customer.id, account: nil)
        guard StripeID.isValid(customer.id) else {
            progress.add(problem: "the customer \(customer.id.prefix(40)) has no id of Stripe's")
            return []
        }
        let users = customer.users.filter { Identity(.user, $0) != nil }
        try await link(key, to: users, isFormer: false)
        var kin: Set<String> = []
        for user in users.sorted() {
            for former in try await customers(of: user) where former != customer.id {
                kin.insert(former)
                try await link(CustomerKey(former, account: nil), to: users, isFormer: true)
            }
        }
        for wallet in customer.wallets { try await add(wallet, of: key, kin: kin) }
        return kin
    }

    /// The customers of the platform account that are a user's.
    private func customers(of user: String) async throws(Interruption) -> [String] {
        guard let identity = Identity(.user, user) else { return [] }
        let found = try await stored { store throws(StoreError) in try await store.customers(of: identity) }
        return found.filter { $0.account == nil }.map(\.customer)
    }

    /// States the users of a customer.
    ///
    /// A user's former customer is found by one of the user's ids, and Console states no user for it: with the
    /// statement it is found by all of them.
    private func link(_ key: CustomerKey, to users: Set<String>, isFormer: Bool) async throws(Interruption) {
        let known = try await stored { store throws(StoreError) in try await store.links(of: key) }
        let stated = Set(
            (known?.links ?? []).filter { $0.origin == .console && $0.identity.kind == .user }
                .map(\.identity.id)
        )
        guard stated != users, !(isFormer && !stated.isEmpty) else { return }
        guard !progress.isDryRun else { return progress.linked += 1 }
        let outcome = try await stored { store throws(StoreError) in
            try await store.put([.user: users], of: key, from: .console)
        }
        if outcome == .changed { progress.linked += 1 }
    }

    /// Adds a wallet that is not known; a former wallet stays, for its usage is the customer's.
    ///
    /// `kin` are the other customers of the same users, who are one history with this one.
    private func add(
        _ wallet: ConsoleCustomer.Wallet,
        of key: CustomerKey,
        kin: Set<String>
    ) async throws(Interruption) {
        let known = try await stored { store throws(StoreError) in try await store.accounts(of: key) }
        guard !known.contains(where: { $0.address == wallet.address }) else { return }
        guard ChainName.isValid(wallet.address) else {
            return progress.add(problem: "a wallet of \(key.customer) has no address of a chain")
        }
        guard !progress.isDryRun else { return progress.wallets += 1 }
        let from = wallet.created.map { CalendarDate($0) }
        let period = AccountPeriod(address: wallet.address, from: from, through: nil)
        let map = AccountMap(customer: key.customer, accounts: known + [period])
        let outcome = try await stored { store throws(StoreError) in try await store.setAccounts([map]) }
        switch outcome {
        case .set: progress.wallets += 1
        case .shared(let shared) where kin.contains(shared.customer) || kin.contains(shared.other): break
        case .shared(let shared):
            progress.add(
                problem: "\(shared.period.address) is a wallet of \(shared.customer) and of \(shared.other)"
            )
        }
    }

    // MARK: Money

    private func take(_ payments: [ConsolePayment]) async throws(Interruption) {
        for payment in payments where payment.kind == .payment {
            guard let intent = payment.paymentIntent else { continue }
            let row = try await stored { store throws(StoreError) in
                try await store.transaction(id: intent, within: .anyCustomer)
            }
            if let difference = payment.difference(from: row) { progress.add(problem: difference) }
        }
        var credits: [Credit] = []
        for payment in payments {
            if let credit = try await credit(of: payment) { credits.append(credit) }
        }
        try await give(credits)
    }

    /// The credit that a row tells of; `nil`, and a problem, if it cannot be taken over.
    private func credit(of payment: ConsolePayment) async throws(Interruption) -> Credit? {
        let name = "transaction \(payment.place.id)"
        if payment.kind == .other {
            progress.add(problem: "\(name) is of a type that is not taken over")
            return nil
        }
        guard payment.credit(of: "") != nil else { return nil }
        guard let customer = payment.customer, StripeID.isValid(customer) else {
            progress.add(problem: "\(name) gave money to a user without a customer at Stripe")
            return nil
        }
        let credit = payment.credit(of: try await holder(of: payment, customer))
        guard let credit, credit.isSound, payment.created.unixSeconds > 0 else {
            progress.add(
                problem: "\(name) has an amount, a currency, a time, an invoice or a payment that is none"
            )
            return nil
        }
        return credit
    }

    /// The customer who has the money: the one that Stripe's invoice or payment names, or who was given it before,
    /// if that is a former customer of the same user.
    private func holder(of payment: ConsolePayment, _ customer: String) async throws(Interruption) -> String {
        guard let credit = payment.credit(of: customer) else { return customer }
        let named = try await stored { store throws(StoreError) in try await store.holder(of: credit) }
        guard let named, named != customer else { return customer }
        for user in payment.users where try await customers(of: user).contains(named) { return named }
        return customer
    }

    /// The credits of a customer's trials, each once, whatever a trial begins with now.
    private func trials(of customer: ConsoleCustomer) -> [Credit] {
        guard let trialGrant, StripeID.isValid(customer.id) else { return [] }
        return customer.wallets.compactMap { wallet in
            wallet.trialBegan.map { began in
                Credit(
                    id: "console_trial_\(wallet.user)",
                    customer: customer.id,
                    kind: .trial,
                    money: trialGrant,
                    created: began,
                    description: "Trial"
                )
            }
        }
    }

    /// Gives credits, without those that were given otherwise before.
    ///
    /// - Parameters:
    ///   - credits: The credits.
    ///   - mayDiffer: Whether those that were given otherwise are no problem.
    /// - Throws: `Interruption`.
    private func give(_ credits: [Credit], mayDiffer: Bool = false) async throws(Interruption) {
        let (livemode, moment, isDryRun) = (livemode, now(), progress.isDryRun)
        func outcomes(
            _ credits: [Credit],
            counting isCount: Bool
        ) async throws(Interruption) -> [CreditOutcome] {
            try await stored { store throws(StoreError) in
                try await store.give(credits, livemode: livemode, now: moment, isDryRun: isCount)
            }
        }
        let plan = try await outcomes(credits, counting: true)
        for (credit, outcome) in zip(credits, plan) where outcome == .conflict && !mayDiffer {
            progress.add(
                problem:
                    "\(credit.id) (\(credit.money.display) of \(credit.customer)) was given with another amount "
                    + "or customer before, or its invoice or payment is another customer's"
            )
        }
        let fresh = zip(credits, plan).filter { $0.1 == .given }.map(\.0)
        if !isDryRun, !fresh.isEmpty { _ = try await outcomes(fresh, counting: false) }
        progress.credits += fresh.count
    }

    // MARK: The edge

    private func read<Page>(
        _ body: (any ConsoleSource) async throws(UsageSourceError) -> Page
    ) async throws(Interruption) -> Page {
        do throws(UsageSourceError) {
            return try await body(source)
        } catch {
            throw .source(error)
        }
    }

    func stored<Value>(
        _ body: (any Store) async throws(StoreError) -> Value
    ) async throws(Interruption) -> Value {
        do throws(StoreError) {
            return try await body(store)
        } catch {
            throw .store(error)
        }
    }

    private func keep() async throws(Interruption) {
        execution.update(progress)
        try await execution.keep()
    }
}
