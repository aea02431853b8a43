package import Billing

/// Console's own database, as far as Stripe does not know it: whose a customer is, the wallets, and money that was
/// given.
///
/// <https://github.com/akash-network/console>, `apps/api/src/user/model-schemas` and
/// `apps/api/src/billing/model-schemas`.
package protocol ConsoleSource: Sendable {
    /// Customers by ascending id.
    ///
    /// - Parameters:
    ///   - customer: The last customer of the previous page; `nil` for the first page.
    ///   - limit: The most customers to return.
    /// - Returns: An empty list at the end.
    /// - Throws: ``UsageSourceError``.
    func customers(after customer: String?, limit: Int) async throws(UsageSourceError) -> [ConsoleCustomer]

    /// Rows of Console's table of transactions, by the time of their last change.
    ///
    /// - Parameters:
    ///   - place: The place of the last row of the previous page; `nil` for all rows.
    ///   - limit: The most rows to return.
    /// - Returns: An empty list at the end.
    /// - Throws: ``UsageSourceError``.
    func payments(after place: ConsolePlace?, limit: Int) async throws(UsageSourceError) -> [ConsolePayment]
}

/// A Stripe customer in `userSetting`.
package struct ConsoleCustomer: Sendable, Equatable {
    package struct Wallet: Sendable, Equatable {
        package let address: String
        /// The uuid of its user.
        package let user: String
        /// `nil` for a former wallet, of which Console knows no time.
        package let created: Instant?
        /// The money for new deployments, as Console last read it on chain; `nil` for a former wallet.
        package let allowance: ExactAmount?
        package let isTrial: Bool
        /// When the allowance of a trial was granted; `nil` if none was.
        package let trialBegan: Instant?

        package init(
            address: String,
            user: String,
            created: Instant?,
            allowance: ExactAmount? = nil,
            isTrial: Bool = false,
            trialBegan: Instant? = nil
        ) {
            self.address = address
            self.user = user
            self.created = created
            self.allowance = allowance
            self.isTrial = isTrial
            self.trialBegan = trialBegan
        }
    }

    package let id: String
    /// The ids of its users: of each the uuid, and the `sub` of the tokens if it has signed in.
    package let users: Set<String>
    package let wallets: [Wallet]

    package init(id: String, users: Set<String>, wallets: [Wallet]) {
        self.id = id
        self.users = users
        self.wallets = wallets
    }
}

/// A row of `stripe_transactions`.
package struct ConsolePayment: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case payment = "payment_intent"
        case coupon = "coupon_claim"
        case manual = "manual_credit"
        /// A type that Console added later.
        case other
    }

    package let place: ConsolePlace
    /// The ids of its user: the uuid, and the `sub` of the tokens if it has signed in.
    package let users: [String]
    /// The customer of the row's user; `nil` if it has none.
    package let customer: String?
    package let kind: Kind
    package let status: String
    /// In minor units, as the other amounts.
    package let amount: Int64
    package let amountRefunded: Int64
    package let bonus: Int64
    package let currency: Currency
    package let paymentIntent: String?
    package let invoice: String?
    package let description: String?
    package let created: Instant

    package init(
        place: ConsolePlace,
        users: [String],
        customer: String?,
        kind: Kind,
        status: String,
        amount: Int64,
        amountRefunded: Int64 = 0,
        bonus: Int64 = 0,
        currency: Currency,
        paymentIntent: String? = nil,
        invoice: String? = nil,
        description: String? = nil,
        created: Instant
    ) {
        self.place = place
        self.users = users
        self.customer = customer
        self.kind = kind
        self.status = status
        self.amount = amount
        self.amountRefunded = amountRefunded
        self.bonus = bonus
        self.currency = currency
        self.paymentIntent = paymentIntent
        self.invoice = invoice
        self.description = description
        self.created = created
    }
}

/// The place of a row among all by the time of their last change.
package struct ConsolePlace: Sendable, Equatable {
    /// In microseconds since 1970.
    package let changed: Int64
    /// The row's uuid.
    package let id: String

    package init(changed: Int64, id: String) {
        self.changed = changed
        self.id = id
    }
}

extension ConsolePayment {
    /// Whether the money was given or paid; a refund does not undo that.
    var isGiven: Bool { status == "succeeded" || status == "refunded" }

    /// The credit that the row tells of, which Stripe does not know as one; `nil` if it tells of none.
    ///
    /// - Parameter customer: The customer who was given it.
    /// - Returns: The credit.
    package func credit(of customer: String) -> Credit? {
        let (money, name): (Int64, Credit.Kind) =
            switch kind {
            case .payment: (bonus, .bonus)
            case .coupon: (amount.subtractingClamped(amountRefunded), .coupon)
            case .manual: (amount.subtractingClamped(amountRefunded), .manual)
            case .other: (0, .manual)
            }
        guard isGiven, money != 0 else { return nil }
        return Credit(
            id: "console_\(place.id)",
            customer: customer,
            kind: name,
            money: Money(minorUnits: money, currency: currency),
            created: created,
            description: kind == .payment ? nil : description,
            invoice: kind == .payment ? nil : invoice,
            paymentIntent: kind == .payment ? paymentIntent : nil
        )
    }

    /// How the feed's row of the payment differs from Console's.
    ///
    /// - Parameter row: The feed's row; `nil` if it has none.
    /// - Returns: The difference in words; `nil` if there is none, or if the row is no payment that was tried.
    package func difference(from row: Transaction?) -> String? {
        // A row `created` has no payment at Stripe yet.
        guard kind == .payment, let paymentIntent, status != "created" else { return nil }
        guard let row else { return "\(paymentIntent) is \(status) at Console and unknown here" }
        let isRefunded = row.amountRefunded > 0 && row.amountRefunded >= row.amount
        let found = isRefunded ? "refunded" : row.status
        if found != status { return "\(paymentIntent) is \(status) at Console and \(found) here" }
        func money(_ amount: Int64) -> String { Money(minorUnits: amount, currency: currency).display }
        if row.amount != amount {
            return "\(paymentIntent) is \(money(amount)) at Console and \(row.money.display) here"
        }
        guard row.amountRefunded != amountRefunded else { return nil }
        let (theirs, ours) = (money(amountRefunded), money(row.amountRefunded))
        return "\(paymentIntent) was refunded \(theirs) at Console and \(ours) here"
    }
}
