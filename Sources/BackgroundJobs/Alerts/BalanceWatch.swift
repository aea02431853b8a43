import Billing
import JSON
import Storage

/// Compares the customers' balances by our rows with those that Console and the chain state.
///
/// Once an hour it passes over all stated balances, some at each look. A trial is not compared: its money was never
/// paid. Nothing is compared while usage is behind, for then it is not known what was spent.
struct BalanceWatch: Sendable {
    let store: any Store
    /// The drift in dollars from which operators are told; zero for never.
    let threshold: ExactAmount
    let formatter: AlertFormatter
    let now: @Sendable () -> Instant

    private static let everySeconds: Int64 = 3600
    /// How old a stated balance, and how far behind the usage, may be to be compared.
    private static let freshSeconds: Int64 = 7200
    private static let comparedAtALook = 20
    /// The most customers that the state remembers.
    private static let remembered = 1000

    func find(_ look: inout AlertLook) async throws(StoreError) {
        guard threshold > .zero else { return }
        let begun = look.state.balances.comparedThrough != nil
        guard begun || now() >= look.state.balances.lookAgainAt else { return }
        guard let newest = try await store.newestDay(),
            let indexed = try await reader.indexedTo(newest), isFresh(indexed)
        else { return end(&look.state.balances) }
        let page = try await store.observedBalances(
            after: look.state.balances.comparedThrough,
            limit: Self.comparedAtALook
        )
        for balance in page where isFresh(balance.observedAt) {
            let customer = balance.customer
            if let drift = try await drift(of: balance, newest) {
                if look.state.balances.found.count < Self.remembered {
                    look.state.balances.found[customer] = drift.text(places: 2)
                }
            } else {
                look.state.balances.told.remove(customer)
                look.state.balances.found[customer] = nil
            }
        }
        look.state.balances.comparedThrough = page.last?.customer
        guard page.count < Self.comparedAtALook else { return }
        tell(&look)
        end(&look.state.balances)
    }

    private var reader: BalanceReader { BalanceReader(feed: store, usage: store) }

    private func isFresh(_ time: Instant) -> Bool { now().seconds(since: time) <= Self.freshSeconds }

    private func end(_ state: inout AlertState.Balances) {
        state.comparedThrough = nil
        state.found = [:]
        state.lookAgainAt = now().adding(seconds: Self.everySeconds)
    }

    /// How much more Console and the chain have than our rows come to; `nil` if it is below the threshold and what
    /// the leases cost while one of the two was read later than the other.
    private func drift(
        of balance: ObservedBalance,
        _ newest: CalendarDay
    ) async throws(StoreError) -> ExactAmount? {
        let customers = CustomerGroup(customers: try await kin(of: balance.customer))
        let stated = try await store.observedBalances(of: customers.customers.map(\.customer))
        // Customers of one user are compared together, at the one that was stated last.
        let last = stated.max { ($0.observedAt, $0.customer) < ($1.observedAt, $1.customer) }
        guard last?.customer == balance.customer, let observed = ObservedBalance.Total(stated),
            !observed.isTrial
        else { return nil }
        let today = CalendarDate(now())
        let (sheet, burn): (BalanceSheet, Spend?)
        do {
            sheet = try await reader.sheet(of: customers, through: today)
            burn = try await reader.burn(of: customers, newest, today: today)
        } catch let error as StoreError {
            throw error
        } catch {
            return nil
        }
        let drift = observed.drift(from: sheet.total(through: today, in: .usd).closing)
        let hourly = burn?.known ?? .zero
        let allowed = threshold + hourly + hourly
        return drift > allowed || -drift > allowed ? drift : nil
    }

    /// The customers of the same users, who share a wallet: Console states it of the newest of them.
    private func kin(of customer: String) async throws(StoreError) -> [CustomerKey] {
        let own = CustomerKey(customer, account: nil)
        var kin: Set<CustomerKey> = [own]
        let links = try await store.links(of: own)?.links ?? []
        for link in links where link.isInForce && link.identity.kind == .user {
            kin.formUnion(try await store.customers(of: link.identity).filter { $0.account == nil })
        }
        return kin.sorted { $0.customer < $1.customer }
    }

    private func tell(_ look: inout AlertLook) {
        let state = look.state.balances
        let fresh = Set(state.found.keys).subtracting(state.told)
        if !fresh.isEmpty {
            look.append(formatter.drifted(state.found, fresh: fresh, now: now()))
        } else if state.told.isEmpty, state.found.isEmpty, look.state.balances.isStanding {
            look.append(formatter.agreed(now: now()))
        }
        look.state.balances.told.formUnion(fresh)
        if look.state.balances.told.count > Self.remembered {
            look.state.balances.told = Set(look.state.balances.told.sorted().prefix(Self.remembered))
        }
        look.state.balances.isStanding = !look.state.balances.told.isEmpty
    }
}

extension AlertFormatter {
    fileprivate func drifted(_ found: [String: String], fresh: Set<String>, now: Instant) -> Alert {
        let isOne = found.count == 1
        var facts = JSONMembers()
        facts.add("customers", found.count)
        facts.add("new", fresh.count)
        let named = fresh.sorted().prefix(Self.namedAtMost)
        facts.add(
            "drift",
            named.map { customer in
                var row = JSONMembers()
                row.add("customer", customer)
                row.add("drift", found[customer])
                return row
            }
        )
        return alert(
            .balancesDrifted,
            about: fresh.sorted() + [now.rfc3339],
            now: now,
            Words(
                summary:
                    "The balance of \(found.count) \(isOne ? "customer" : "customers") by our rows is not what "
                    + "Console and the chain state.",
                nextStep: "GET /v1/balance of each says `ours`, `available`, `reserved` and `drift`. Run "
                    + "`console-billing reconcile` and `console-billing import console` to find a payment or a credit "
                    + "that is missing here.",
                section: .balances
            ),
            facts
        )
    }

    fileprivate func agreed(now: Instant) -> Alert {
        alert(
            .balancesAgreed,
            about: [now.rfc3339],
            now: now,
            Words(
                summary: "The balances by our rows are again what Console and the chain state.",
                nextStep: "No action is needed.",
                section: .balances
            )
        )
    }
}
