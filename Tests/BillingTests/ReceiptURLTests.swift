import Billing
import Testing

/// Where we are willing to send a customer.
struct ReceiptURLTests {
    private static let hosts = ReceiptHosts([
        "pay.stripe.com", "Invoice.Stripe.com", "127.0.0.1:4242", "localhost:80", "receipts.example.com:8443",
    ])

    @Test(
        arguments: [
            "https://pay.stripe.com", "https://pay.stripe.com/", "https://pay.stripe.com/receipts/a/b?s=ap#x",
            "https://pay.stripe.com?x", "https://pay.stripe.com#x", "https://PAY.stripe.COM/x",
            "https://invoice.stripe.com/i/acct/test", "https://receipts.example.com:8443/x",
            "http://127.0.0.1:4242/x", "http://localhost:80/x", "https://localhost:80/x",
            "https://pay.stripe.com/@evil.example", "https://pay.stripe.com/https://evil.example",
        ]
    )
    func `an https link to an allowed host is taken as it stands`(text: String) {
        #expect(ReceiptURL(text, allowing: Self.hosts)?.text == text)
    }

    @Test(
        arguments: [
            "", "pay.stripe.com/x", "//pay.stripe.com/x", "/receipts/x", "https:pay.stripe.com",
            "https:/pay.stripe.com",
            "http://pay.stripe.com/x", "ftp://pay.stripe.com/x", "javascript:alert(1)", "data:text/html,x",
            " https://pay.stripe.com/x", "https://pay.stripe.com/x y",
            "https://pay.stripe.com/\r\nSet-Cookie:x",
            "https://pay.stripe.com/\u{0}", "https://pay.stripe.com/é",
            "https://pay.stripe.com\\@evil.example",
            "https:\\\\pay.stripe.com", "https://evil.example/pay.stripe.com",
            "https://pay.stripe.com.evil.example",
            "https://evil.example#pay.stripe.com", "https://evil.example?pay.stripe.com",
            "https://pay.stripe.com@evil.example/", "https://user@pay.stripe.com/",
            "https://user:secret@pay.stripe.com/", "https://pay.stripe.com:443/", "https://pay.stripe.com:/",
            "https://pay.stripe.com./", "https://xpay.stripe.com/", "https://stripe.com/", "https:///x",
            "https://%70ay.stripe.com/", "https://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1:4243/",
            "http://127.0.0.1.evil.example:4242/", "http://receipts.example.com:8443/x",
            "HTTPS://pay.stripe.com/",
        ]
    )
    func `anything else is not`(text: String) {
        #expect(ReceiptURL(text, allowing: Self.hosts) == nil)
    }

    @Test(arguments: [(8192, true), (8193, false)])
    func `a link has an end`(length: Int, isTaken: Bool) {
        let base = "https://pay.stripe.com/"
        let text = base + String(repeating: "x", count: length - base.utf8.count)
        #expect((ReceiptURL(text, allowing: .stripe) != nil) == isTaken)
    }

    @Test func `no host at all allows nothing`() {
        #expect(ReceiptURL("https://pay.stripe.com/x", allowing: ReceiptHosts([])) == nil)
        #expect(ReceiptURL("https:///x", allowing: ReceiptHosts([])) == nil)
    }

    @Test func `the link is in nothing that prints it`() throws {
        let url = try #require(ReceiptURL("https://pay.stripe.com/receipts/secret", allowing: .stripe))
        #expect("\(url)" == "a receipt link")
    }
}

/// The link that came with an event, until it may have expired.
struct StoredReceiptTests {
    private func event(link: String) throws -> Event {
        try Sample.event(
            "charge.succeeded",
            created: 1000,
            #"{"id":"ch_1","amount":1,"currency":"usd","created":1,"paid":true,"receipt_url":"\#(link)"}"#
        )
    }

    @Test(arguments: [(0, true), (10 * 86_400 - 1, true), (10 * 86_400, false), (-5, true)])
    func `a stored link opens for ten days`(age: Int64, opens: Bool) throws {
        let now = Instant(unixSeconds: 1000 + age)
        let event = try event(link: "https://pay.stripe.com/x")
        #expect((event.receipt(ofCharge: "ch_1", now: now, hosts: .stripe) != nil) == opens)
    }

    @Test func `a stored link is held to the same hosts`() throws {
        let now = Instant(unixSeconds: 1000)
        let foreign = try event(link: "https://evil.example/x")
        #expect(foreign.receipt(ofCharge: "ch_1", now: now, hosts: .stripe) == nil)
        let own = try event(link: "https://pay.stripe.com/x")
        #expect(own.receipt(ofCharge: "ch_2", now: now, hosts: .stripe) == nil)
    }

    @Test func `only the event has the link, not the stored form of the charge`() throws {
        let event = try event(link: "https://pay.stripe.com/x")
        let stored = event.records(receivedAt: Instant(unixSeconds: 0)).compactMap { $0.snapshot?.stored }
        #expect(stored.count == 1)
        #expect(stored.allSatisfy { !String(decoding: $0, as: UTF8.self).contains("pay.stripe.com") })
    }
}

/// The request to Stripe that finds a row's receipt.
struct ReceiptTargetTests {
    private func row(_ type: String, _ object: String) throws -> Transaction {
        let events = [try Sample.event(type, created: 1000, object)]
        let records = events.flatMap { $0.records(receivedAt: Instant(unixSeconds: 0)) }
        return try #require(PaymentGroup(records, account: "acct_1").transactions.first)
    }

    @Test func `a charge's is its own, and its invoice's document where that is preferred`() throws {
        let row = try row(
            "charge.succeeded",
            #"{"id":"ch_1","amount":1,"currency":"usd","created":1,"paid":true,"invoice":"in_1"}"#
        )
        let charge = ObjectReference(.charge, "ch_1")
        #expect(
            row.receiptTarget(prefersPDF: false)
                == ReceiptTarget(object: charge, invoice: nil, account: "acct_1")
        )
        #expect(
            row.receiptTarget(prefersPDF: true)
                == ReceiptTarget(object: charge, invoice: "in_1", account: "acct_1")
        )
    }

    @Test func `a refund's and a dispute's is that of the charge they go back to`() throws {
        let money = #""amount":1,"currency":"usd","created":1,"status":"lost","charge":"ch_1""#
        for (type, id) in [("refund.created", "re_1"), ("charge.dispute.closed", "dp_1")] {
            let target = try row(type, #"{"id":"\#(id)",\#(money)}"#).receiptTarget(prefersPDF: true)
            #expect(target?.object == ObjectReference(.charge, "ch_1"))
        }
    }

    @Test func `a payment known without its charge is asked for itself`() throws {
        let row = try row(
            "payment_intent.succeeded",
            #"{"id":"pi_1","amount":1,"currency":"usd","created":1,"status":"succeeded"}"#
        )
        #expect(row.receiptTarget(prefersPDF: false)?.object == ObjectReference(.paymentIntent, "pi_1"))
    }

    @Test func `an invoice paid outside Stripe has its own`() throws {
        let row = try row(
            "invoice.paid",
            """
            {"id":"in_1","amount_paid":1,"currency":"usd","created":1,"status":"paid","paid_out_of_band":true}
            """
        )
        #expect(row.receiptTarget(prefersPDF: false)?.object == ObjectReference(.invoice, "in_1"))
    }

    @Test(arguments: ["requires_payment_method", "processing", "canceled"])
    func `an unpaid payment has none`(status: String) throws {
        let row = try row(
            "payment_intent.created",
            #"{"id":"pi_1","amount":1,"currency":"usd","created":1,"status":"\#(status)"}"#
        )
        #expect(row.receiptTarget(prefersPDF: false) == nil)
    }
}
