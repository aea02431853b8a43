import Billing
import JSON
import Testing

/// The field values of an object, and whether they are new.
struct FieldValuesTests {
    private func statements(_ more: String) throws -> FieldValues {
        let text =
            #"{"id":"ch_1","object":"charge","amount":2500,"currency":"usd","created":1,"status":"succeeded"\#(more)}"#
        let object = try Array(text.utf8).withUnsafeBufferPointer { bytes in
            try JSONValue.read(bytes) { try StripeObject(.charge, $0, Rendering(version: nil)) }
        }
        return FieldValues(of: object)
    }

    @Test func `what says less says nothing new, and what says otherwise does`() throws {
        let plain = try statements("")
        let more = try statements(#","invoice":"in_1","receipt_number":"1-2""#)
        #expect(plain.isContained(in: more))
        #expect(!more.isContained(in: plain))
        #expect(!(try statements(#","amount_refunded":1"#)).isContained(in: more))
        #expect(try statements(#","invoice":null"#) == plain)
    }

    @Test func `the link to a receipt is no statement`() throws {
        let one = try statements(#","receipt_url":"https://pay.stripe.com/receipts/1""#)
        let other = try statements(#","receipt_url":"https://pay.stripe.com/receipts/2""#)
        #expect(one == other)
        #expect(one.text == other.text)
        #expect(!one.text.contains("receipts"))
    }

    @Test func `a nested value is named by its path`() throws {
        let details = #","payment_method_details":{"type":"card","card":{"brand":"visa","last4":"4242"}}"#
        let text = try statements(details).text
        #expect(text.contains("last4=4242"))
        #expect(
            !(try statements(details)).isContained(
                in: try statements(details.replacing("4242", with: "4241"))
            )
        )
    }
}
