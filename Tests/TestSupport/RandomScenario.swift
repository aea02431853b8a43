import Billing

@testable package import Scenarios

/// Random stories: the seed decides every detail, within Stripe's behaviour.
///
/// Tests use them to check invariants of every story, such as independence of the order of arrival.
package enum RandomScenario {
    /// Properties of a generated story.
    package struct Traits: Sendable {
        /// Whether events may share a second, as Stripe's do.
        package var allowsTies = true
        /// Whether some events occur twice, the second time with another id.
        package var repeatsEvents = true
        /// The API versions to choose from.
        package var shapes = APIVersionShape.allCases
        /// Whether the account's API version changes during the story, and a second endpoint receives every
        /// event in its own version.
        package var mixesShapes = false

        package init(
            allowsTies: Bool = true,
            repeatsEvents: Bool = true,
            shapes: [APIVersionShape] = APIVersionShape.allCases,
            mixesShapes: Bool = false
        ) {
            precondition(!shapes.isEmpty)
            self.allowsTies = allowsTies
            self.repeatsEvents = repeatsEvents
            self.shapes = shapes
            self.mixesShapes = mixesShapes
        }
    }

    /// Makes a story with its events in Stripe's order; any order of arrival must give ``Fixture/rows``.
    package static func random(seed: UInt64, traits: Traits = Traits()) -> Fixture {
        var random = SeededRandom(seed: seed)
        let shape = traits.shapes[Int.random(in: 0..<traits.shapes.count, using: &random)]
        // A story of the first PaymentIntents takes place in their time, unless other versions are mixed in.
        let begin: Int64 = shape == .firstIntents && !traits.mixesShapes ? 1_568_000_000 : 1_700_000_000
        let span: Int64 = shape == .firstIntents && !traits.mixesShapes ? 2_000_000 : 50_000_000
        let options = ScenarioOptions(
            amount: Int64.random(in: 1...20_000, using: &random),
            currency: Currency(["usd", "eur", "jpy"][Int.random(in: 0..<3, using: &random)]),
            startedAt: Instant(unixSeconds: begin + Int64.random(in: 0..<span, using: &random)),
            seed: random.next()
        )
        let rendering = Rendering(
            shape: shape,
            second: traits.mixesShapes
                ? [nil, traits.shapes.randomElement(using: &random)].randomElement(using: &random) ?? nil
                : nil,
            expandedPercent: traits.mixesShapes ? 0 : [0, 0, 30][Int.random(in: 0..<3, using: &random)],
            allowsTies: traits.allowsTies
        )
        var plot = Plot(
            builder: ScenarioBuilder(options, rendering: rendering, isGuest: random.happens(inPercent: 10)),
            random: random,
            repeatsEvents: traits.repeatsEvents,
            otherShapes: traits.mixesShapes ? traits.shapes : []
        )
        plot.run()
        return plot.builder.story(
            "generated.\(seed)",
            "A story made from the seed \(seed), in the shape of \(shape.rawValue)"
        )
    }
}

/// Makes the random choices of one story.
private struct Plot {
    var builder: ScenarioBuilder
    var random: SeededRandom
    let repeatsEvents: Bool
    /// Other API versions that the account may change to during the story.
    let otherShapes: [APIVersionShape]

    mutating func run() {
        if chance(20) { builder.emitCustomer() }
        if builder.shape != .chargesOnly, chance(15) {
            bill()
        } else {
            purchase()
        }
        guard builder.charges.contains(where: \.isPaid) else { return }
        if chance(60) { step { $0.settle() } }
        for _ in 0..<Int.random(in: 0...3, using: &random) { moneyBack() }
        if chance(20) { dispute() }
    }

    // MARK: Random choices

    private mutating func chance(_ percent: Int) -> Bool { random.happens(inPercent: percent) }

    /// Advances the time, or not, and performs one action.
    private mutating func step(_ verb: (inout ScenarioBuilder) -> Void) {
        if let other = otherShapes.randomElement(using: &random), chance(25) {
            builder.rendering.shape = other
        }
        if chance(70) { builder.wait([1, 2, 60, 86_400][Int.random(in: 0..<4, using: &random)]) }
        let before = builder.events.count
        verb(&builder)
        if repeatsEvents, builder.events.count > before, chance(10) { builder.emitAgain() }
    }

    // MARK: Parts of a story

    private mutating func bill() {
        step { $0.bill() }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: step { $0.payInvoiceOutOfBand() }
        case 1: step { $0.failInvoice() }
        default: step { $0.payInvoice() }
        }
    }

    private mutating func purchase() {
        // Charges before PaymentIntents have no pending status and no captured amount.
        let isOld = builder.shape == .chargesOnly
        switch Int.random(in: 0..<10, using: &random) {
        case 0 where !isOld, 1 where !isOld: debit()
        case 2 where !isOld, 3 where !isOld: authorise()
        case 4 where isOld:
            step { $0.begin() }
            step { $0.authorise() }
            if chance(50) {
                step { $0.capture($0.options.amount) }
            } else {
                step { $0.release(expired: false) }
            }
        default: card()
        }
    }

    private mutating func card() {
        let cards: [PaymentMethodFixture] = [
            .visa,
            .card(brand: "amex", last4: "0005", wallet: nil),
            .card(brand: "mastercard", last4: "4444", wallet: "google_pay"),
        ]
        let card = cards[Int.random(in: 0..<cards.count, using: &random)]
        step { $0.begin(card) }
        failedAttempts()
        let isOld = builder.shape == .chargesOnly
        if !isOld, chance(25) { step { $0.requireAction() } }
        guard chance(85) else {
            if !isOld, chance(40) { step { $0.cancel() } }
            return
        }
        step { $0.pay() }
        if !isOld, chance(30) { step { $0.completeCheckout() } }
    }

    private mutating func failedAttempts() {
        for _ in 0..<max(0, Int.random(in: -2...3, using: &random)) {
            let decline = ChargeBody.Decline.all.randomElement(using: &random) ?? .bank
            if builder.shape != .chargesOnly, chance(25) {
                step { $0.requireAction() }
                step { $0.failAction() }
            } else {
                step { $0.decline(decline) }
            }
            // Attempts are at least a second apart: within one second their order could not be known.
            builder.wait(Int64.random(in: 1...90, using: &random))
        }
    }

    private mutating func debit() {
        let instrument: PaymentMethodFixture = chance(50) ? .usBankAccount : .sepaDebit
        step { $0.begin(instrument) }
        failedAttempts()
        step { $0.process() }
        let isCheckout = chance(40)
        if isCheckout { step { $0.completeCheckout() } }
        guard chance(85) else { return }
        let isPaid = chance(70)
        step { if isPaid { $0.clear() } else { $0.bounce() } }
        if isCheckout { step { $0.finishCheckout() } }
        guard isPaid, chance(15) else { return }
        // Wait, because a failure in the same second as the success could not be ordered after it.
        builder.wait(86_400)
        step { $0.returnDebit() }
    }

    private mutating func authorise() {
        step { $0.begin(capturesByHand: true) }
        failedAttempts()
        step { $0.authorise() }
        let part = Int64.random(in: 1...builder.options.amount, using: &random)
        let emitsRemainder = chance(80)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: break
        case 1: step { $0.release(expired: true) }
        case 2: step { $0.release(expired: false) }
        case 3: step { $0.capture($0.options.amount) }
        default: step { $0.capture(part, emitsRemainder: emitsRemainder) }
        }
    }

    private mutating func moneyBack() {
        let refundable = builder.refundable
        guard refundable > 0 else { return }
        let amount = chance(30) ? refundable : Int64.random(in: 1...refundable, using: &random)
        let status: RefundBody.Status =
            switch Int.random(in: 0..<6, using: &random) {
            case 0: .pending
            case 1 where builder.shape != .chargesOnly: .requiresAction
            default: .succeeded
            }
        var refund: Int?
        step { refund = $0.refund(amount, status: status) }
        guard let refund else { return }
        if status == .requiresAction {
            if chance(50) { step { $0.cancelRefund(refund) } }
            return
        }
        if chance(50) { step { $0.referenceRefund(refund) } }
        guard chance(25) else { return }
        // Stripe's documentation lists no charge event for a failed refund, but real accounts receive one:
        // try both.
        let emitsCharge = chance(50)
        step { $0.failRefund(refund, emitsCharge: emitsCharge) }
    }

    private mutating func dispute() {
        let isInquiry = chance(20)
        step { $0.dispute(isInquiry: isInquiry) }
        if chance(60) { step { $0.answerDispute() } }
        guard chance(60) else { return }
        let status: DisputeBody.Status = isInquiry ? .warningClosed : chance(50) ? .won : .lost
        step { $0.closeDispute(status) }
    }
}

extension APIVersionShape {
    /// The versions with PaymentIntents.
    package static let withIntents = allCases.filter { $0 != .chargesOnly }
}
