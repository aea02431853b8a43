import Billing
import Testing

/// How a customer recognises what they paid with.
struct PaymentMethodLabelTests {
    private func method(_ details: String) throws -> PaymentMethod? {
        let charge = #"{"id":"ch_1","amount":1,"currency":"usd","created":1,"paid":true,\#(details)}"#
        let event = try Sample.event("charge.succeeded", charge)
        let method = Sample.rows([event]).first?.paymentMethod
        // It is the same when it comes out of the store.
        let bytes = SnapshotCoding.encode(try #require(event.object))
        guard case .charge(let stored) = try bytes.withUnsafeBufferPointer({ try SnapshotCoding.decode($0) })
        else { return nil }
        #expect(stored.paymentMethodDetails.map(PaymentMethod.init) == method)
        return method
    }

    @Test(
        arguments: [
            ("visa", "Visa"), ("mastercard", "Mastercard"), ("amex", "American Express"),
            ("discover", "Discover"), ("diners", "Diners Club"), ("jcb", "JCB"), ("unionpay", "UnionPay"),
            ("eftpos_au", "eftpos Australia"), ("cartes_bancaires", "Cartes Bancaires"), ("link", "Link"),
            ("unknown", "Card"), ("brandnew", "Brandnew"), ("American Express", "American Express"),
            ("Diners Club", "Diners Club"), ("MasterCard", "Mastercard"), ("Visa", "Visa"),
        ]
    )
    func `a card is its brand and its last four`(brand: String, name: String) throws {
        let method = try #require(
            try method(
                #""payment_method_details":{"type":"card","card":{"brand":"\#(brand)","last4":"4242"}}"#
            )
        )
        #expect(method.label == "\(name) •••• 4242")
        #expect(method.type == "card")
        #expect(method.last4 == "4242")
        #expect(method.brand == method.brand?.lowercased())
    }

    @Test(
        arguments: [
            (#"{"type":"card","card":{"brand":"visa"}}"#, "Visa"),
            (#"{"type":"card","card":{"last4":"4242"}}"#, "Card •••• 4242"), (#"{"type":"card"}"#, "Card"),
            (#"{"type":"card","card":null}"#, "Card"),
            (#"{"type":"card_present","card_present":{"brand":"visa","last4":"1"}}"#, "Visa •••• 1"),
            (
                #"{"type":"card","card":{"brand":"visa","last4":"4242","wallet":{"type":"apple_pay"}}}"#,
                "Visa •••• 4242 (Apple Pay)"
            ),
            (
                #"{"type":"card","card":{"brand":"visa","last4":"4242","wallet":{"type":"google_pay"}}}"#,
                "Visa •••• 4242 (Google Pay)"
            ),
            (
                #"{"type":"card","card":{"brand":"visa","last4":"4242","wallet":{"type":"link"}}}"#,
                "Visa •••• 4242 (Link)"
            ),
            (#"{"type":"card","card":{"brand":"visa","last4":"4242","wallet":null}}"#, "Visa •••• 4242"),
            (
                #"{"type":"us_bank_account","us_bank_account":{"bank_name":"STRIPE BANK","last4":"6789"}}"#,
                "STRIPE BANK •••• 6789"
            ),
            (#"{"type":"us_bank_account","us_bank_account":{"last4":"6789"}}"#, "Bank account •••• 6789"),
            (#"{"type":"sepa_debit","sepa_debit":{"last4":"3000"}}"#, "SEPA Direct Debit •••• 3000"),
            (#"{"type":"bacs_debit","bacs_debit":{"last4":"2345"}}"#, "Bacs Direct Debit •••• 2345"),
            (#"{"type":"au_becs_debit","au_becs_debit":{"last4":"3456"}}"#, "BECS Direct Debit •••• 3456"),
            (
                #"{"type":"acss_debit","acss_debit":{"last4":"6789"}}"#,
                "Canadian pre-authorized debit •••• 6789"
            ),
            (#"{"type":"ideal","ideal":{"bank":"ing"}}"#, "iDEAL"), (#"{"type":"link","link":{}}"#, "Link"),
            (#"{"type":"crypto","crypto":{}}"#, "Crypto"), (#"{"type":"brand_new"}"#, "Brand new"),
            (#"{"type":"type"}"#, "Type"),
        ]
    )
    func `every other way to pay has its name`(details: String, label: String) throws {
        #expect(try method(#""payment_method_details":\#(details)"#)?.label == label)
    }

    @Test(
        arguments: [
            (#"{"object":"card","brand":"Visa","last4":"4242"}"#, "card", "Visa •••• 4242"),
            (
                #"{"object":"bank_account","bank_name":"STRIPE BANK","last4":"6789"}"#, "ach_debit",
                "STRIPE BANK •••• 6789"
            ),
            (
                #"{"object":"source","type":"card","card":{"brand":"Visa","last4":"4242"}}"#, "card",
                "Visa •••• 4242"
            ),
            (
                #"{"object":"source","type":"sepa_debit","sepa_debit":{"last4":"3000"}}"#, "sepa_debit",
                "SEPA Direct Debit •••• 3000"
            ),
        ]
    )
    func `an old source is read as the payment method that it contains`(
        source: String,
        type: String,
        label: String
    ) throws {
        let method = try method(#""source":\#(source)"#)
        #expect(method?.type == type)
        #expect(method?.label == label)
    }

    @Test func `only cards have a brand`() throws {
        let bank = #"{"type":"us_bank_account","us_bank_account":{"bank_name":"B","last4":"6789"}}"#
        #expect(try method(#""payment_method_details":\#(bank)"#)?.brand == nil)
        #expect(try method(#""amount_refunded":0"#) == nil)
    }
}
