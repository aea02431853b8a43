import Billing
import Testing

@testable import Web

/// The buyer and the items, from Stripe's events.
struct ReceiptLinesTests {
    private func event(_ object: String) -> [UInt8] {
        Array(#"{"id":"evt_1","object":"event","data":{"object":\#(object)}}"#.utf8)
    }

    private func particulars(_ objects: String...) -> ReceiptLines {
        ReceiptLines(bodies: objects.map(event), charge: "ch_a", invoice: "in_a")
    }

    private static let charge =
        #"{"id":"ch_a","object":"charge","receipt_email":"r@example.com","billing_details":{"name":"Jo","email":null,"#
        + #""address":{"line1":"1 Road","line2":"","city":"Town","state":"ST","postal_code":"12345","country":"US"}}}"#

    private static func invoice(_ lines: String, more: Bool = false) -> String {
        #"{"id":"in_a","object":"invoice","number":"EX-1","customer_name":"Jo Ltd","customer_email":"a@example.com","#
            + #""customer_address":null,"customer_tax_ids":[{"type":"eu_vat","value":"DE123"}],"#
            + #""lines":{"data":[\#(lines)],"has_more":\#(more)}}"#
    }

    @Test func `the buyer is who the charge was billed to`() {
        let lines = ["Jo", "1 Road", "12345 Town ST", "US", "r@example.com"]
        #expect(particulars(Self.charge).buyer == lines)
        let intent = #"{"id":"pi_a","object":"payment_intent","latest_charge":\#(Self.charge)}"#
        #expect(particulars(intent).buyer == lines)
        let old = #"{"id":"pi_a","object":"payment_intent","charges":{"data":[\#(Self.charge)]}}"#
        #expect(particulars(old).buyer == lines)
    }

    @Test func `another charge's details are not used`() {
        #expect(particulars(Self.charge.replacing("ch_a", with: "ch_b")).buyer == [])
    }

    @Test func `the newest that says anything counts, and an invoice before a charge`() {
        let newer = Self.charge.replacing("Jo", with: "Jo Newer")
        #expect(particulars(newer, Self.charge).buyer.first == "Jo Newer")
        let all = particulars(Self.charge, Self.invoice(#"{"amount":5,"description":"A","quantity":2}"#))
        #expect(all.buyer == ["Jo Ltd", "a@example.com", "Tax ID DE123"])
        #expect(all.invoiceNumber == "EX-1")
        #expect(all.items == [.init(itemName: "A", quantity: "2", amount: 5)])
    }

    @Test func `items that are not all of the invoice are none`() {
        #expect(particulars(Self.invoice(#"{"amount":5}"#, more: true)).items == [])
        #expect(particulars(Self.invoice(#"{"amount":5},{"amount":"6"}"#)).items == [])
        #expect(particulars(Self.invoice("")).items == [])
    }

    @Test(arguments: ["[]", "null", "{}", "{\"data\":{\"object\":[1]}}", "{\"data\":", "\u{0}"])
    func `a body that is no event is skipped`(body: String) {
        let found = ReceiptLines(
            bodies: [Array(body.utf8), event(Self.charge)],
            charge: "ch_a",
            invoice: nil
        )
        #expect(found.buyer.first == "Jo")
    }
}
