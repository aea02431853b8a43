import Billing

/// Builds a story: keeps the state of a payment's objects, and records each event.
///
/// The actions (`pay`, `refund`, `dispute` …) are in the extensions. Each changes the objects first and then
/// emits the events, so that an event shows the state at its time.
struct ScenarioBuilder {
    let options: ScenarioOptions
    var rendering: Rendering
    let customer: String?
    var random: SeededRandom
    var ids: StripeIDs
    private(set) var now: Instant
    private(set) var events: [FixtureEvent] = []

    var instrument = PaymentMethodFixture.visa
    var intent: PaymentIntentBody?
    var charges: [ChargeBody] = []
    var refunds: [RefundBody] = []
    var disputes: [DisputeBody] = []
    var session: CheckoutSessionBody?
    var invoice: InvoiceBody?
    var subscription: SubscriptionBody?
    private let customerSince: Instant

    init(_ options: ScenarioOptions, rendering: Rendering = Rendering(), isGuest: Bool = false) {
        self.options = options
        self.rendering = rendering
        random = SeededRandom(seed: options.seed)
        ids = StripeIDs(using: &random)
        let madeUp = ids.make("cus")
        customer = isGuest ? nil : options.customer ?? madeUp
        now = options.startedAt
        customerSince = options.startedAt.adding(seconds: -86_400)
    }

    var shape: APIVersionShape { rendering.shape }

    mutating func wait(_ seconds: Int64) { now = now.adding(seconds: seconds) }

    func story(_ name: String, _ summary: String) -> Fixture {
        Fixture(name: name, summary: summary, events: events, rows: rows)
    }

    /// Moves the last `count` events to the front: they arrive first although they were created last.
    mutating func moveToFront(last count: Int) {
        events = Array(events.suffix(count) + events.dropLast(count))
    }

    // MARK: Events

    /// The cause of an event: a request to Stripe's API, which the event names, or Stripe itself, later.
    enum Cause { case request, later }

    /// Records an event, once per endpoint: a second endpoint receives it in its own version.
    mutating func emit(
        _ type: String,
        changed previous: OrderedJSON? = nil,
        cause: Cause = .request,
        _ object: (APIVersionShape) -> OrderedJSON
    ) {
        let id = ids.ofPayment("evt")
        let request = request(cause)
        for shape in [shape] + [rendering.second].compactMap(\.self).filter({ $0 != shape }) {
            let data: OrderedJSON = ["object": object(shape)]
            let body: OrderedJSON = [
                "id": .string(id),
                "object": "event",
                "api_version": .string(shape.rawValue),
                "created": .integer(now.unixSeconds),
                "data": previous.map { data.adding(["previous_attributes": $0]) } ?? data,
                "livemode": false,
                "pending_webhooks": 1,
                "request": request,
                "type": .string(type),
            ]
            events.append(FixtureEvent(id: id, type: type, created: now, body: Array(body.pretty.utf8)))
        }
        if !rendering.allowsTies { wait(1) }
    }

    /// Repeats the last event under another id, as Stripe does now and then.
    mutating func emitAgain() {
        guard let last = events.last else { return }
        let id = ids.ofPayment("evt")
        let body = String(decoding: last.body, as: UTF8.self).replacing(
            "\"id\": \"\(last.id)\"",
            with: "\"id\": \"\(id)\""
        )
        events.append(FixtureEvent(id: id, type: last.type, created: last.created, body: Array(body.utf8)))
    }

    private mutating func request(_ cause: Cause) -> OrderedJSON {
        let id: String? = cause == .request ? ids.make("req") : nil
        // `request` is a plain string before API version 2017-05-25, and some accounts' forwarders still send
        // it so.
        if shape == .chargesOnly, random.happens(inPercent: 50) { return .text(id) }
        return ["id": .text(id), "idempotency_key": .text(cause == .request ? ids.idempotencyKey() : nil)]
    }

    // MARK: The objects' JSON

    func chargeJSON(
        _ charge: ChargeBody,
        _ shape: APIVersionShape,
        expanding expansions: ObjectExpansions = .none
    ) -> OrderedJSON {
        let list = refunds.filter { $0.charge == charge.id }.reversed().map { $0.json(shape) }
        return charge.json(shape, refunds: list, expanding: expansions)
    }

    func intentJSON(
        _ intent: PaymentIntentBody,
        _ shape: APIVersionShape,
        expanding expansions: ObjectExpansions = .none
    ) -> OrderedJSON {
        let list = charges.filter { $0.intent == intent.id }.reversed().map { chargeJSON($0, shape) }
        return intent.json(shape, charges: list, expanding: expansions)
    }

    /// The objects that the next event shows expanded instead of as ids.
    mutating func expansions() -> ObjectExpansions {
        var whole: [String: OrderedJSON] = [:]
        func consider(_ id: String, _ object: @autoclosure () -> OrderedJSON) {
            if random.happens(inPercent: rendering.expandedPercent) { whole[id] = object() }
        }
        guard rendering.expandedPercent > 0 else { return .none }
        if let intent { consider(intent.id, intentJSON(intent, shape)) }
        for charge in charges { consider(charge.id, chargeJSON(charge, shape)) }
        for dispute in disputes { consider(dispute.id, dispute.json(shape)) }
        if let invoice { consider(invoice.id, invoice.json(shape)) }
        if let customer { consider(customer, CustomerBody(id: customer, created: customerSince).json) }
        return ObjectExpansions(objects: whole)
    }

    mutating func emitIntent(_ change: String, changed previous: OrderedJSON? = nil, cause: Cause = .request)
    {
        guard let intent else { return }
        let expansions = expansions()
        let builder = self
        emit("payment_intent.\(change)", changed: previous, cause: cause) { shape in
            builder.intentJSON(intent, shape, expanding: expansions)
        }
    }

    mutating func emitCharge(
        _ change: String,
        _ index: Int,
        changed previous: OrderedJSON? = nil,
        cause: Cause = .request
    ) {
        let expansions = expansions()
        let builder = self
        emit("charge.\(change)", changed: previous, cause: cause) { shape in
            builder.chargeJSON(builder.charges[index], shape, expanding: expansions)
        }
    }

    mutating func emitCustomer() {
        guard let customer else { return }
        let body = CustomerBody(id: customer, created: now).json
        emit("customer.created") { _ in body }
    }

    // MARK: Expected rows

    /// The rows that follow from the final state of the objects.
    var rows: [FixtureRow] {
        purchaseRows
            + refunds.filter(\.isMoneyBack).map { refund in
                FixtureRow(
                    id: refund.id,
                    type: .refund,
                    status: refund.status.rawValue,
                    amount: refund.amount,
                    customer: customer,
                    invoice: paidInvoice
                )
            }
            + disputes.map { dispute in
                FixtureRow(
                    id: dispute.id,
                    type: .dispute,
                    status: dispute.status.rawValue,
                    amount: dispute.amount,
                    customer: customer,
                    invoice: paidInvoice,
                    disputed: true
                )
            }
            + [creditRow].compactMap(\.self)
    }

    private var creditRow: FixtureRow? {
        guard let invoice, invoice.coupon != nil, invoice.status == .paid else { return nil }
        return FixtureRow(
            id: invoice.id + "_credit",
            type: .credit,
            status: "granted",
            amount: invoice.amount,
            customer: customer,
            invoice: invoice.id
        )
    }

    /// Since basil, a payment shows its invoice only after its success.
    private var paidInvoice: String? {
        !shape.isBeforeBasil && invoice?.status != .paid ? nil : intent?.invoice
    }

    private var purchaseRows: [FixtureRow] {
        if let intent {
            let moneyBack = refunds.filter(\.counts).reduce(0) { $0 + $1.amount }
            return [
                FixtureRow(
                    id: intent.id,
                    type: .purchase,
                    status: status(of: intent),
                    amount: intent.amountReceived > 0 ? intent.amountReceived : intent.amount,
                    amountRefunded: moneyBack,
                    customer: customer,
                    invoice: paidInvoice,
                    disputed: !disputes.isEmpty
                )
            ]
        }
        if let invoice {
            guard invoice.isPaidOutOfBand else { return [] }
            return [
                FixtureRow(
                    id: invoice.id,
                    type: .purchase,
                    status: "succeeded",
                    amount: invoice.amount,
                    customer: customer,
                    invoice: invoice.id
                )
            ]
        }
        return charges.map { charge in
            let moneyBack = refunds.filter { $0.charge == charge.id && $0.counts }.reduce(0) {
                $0 + $1.amount
            }
            return FixtureRow(
                id: charge.id,
                type: .purchase,
                status: status(of: charge),
                amount: charge.amount,
                amountRefunded: moneyBack,
                customer: customer,
                disputed: disputes.contains { $0.charge == charge.id }
            )
        }
    }

    private func status(of intent: PaymentIntentBody) -> String {
        switch intent.status {
        case .succeeded: charges.contains(where: \.isPaid) ? "succeeded" : "failed"
        case .canceled: "canceled"
        case .requiresAction: "requires_action"
        case .requiresPaymentMethod: intent.lastError == nil ? "pending" : "failed"
        case .processing, .requiresCapture: "pending"
        }
    }

    private func status(of charge: ChargeBody) -> String {
        switch charge.status {
        case .failed: "failed"
        case .pending: "pending"
        case .succeeded where charge.isCaptured: "succeeded"
        case .succeeded: charge.amountRefunded >= charge.amount ? "canceled" : "pending"
        }
    }
}
