import HTTPClient
import StripeAPI
import Testing

struct TransportValuesTests {
    @Test func `neither a request nor an answer prints its contents`() {
        let headers = [TransportHeader("Authorization", "Bearer hidden")]
        var request = TransportRequest(
            .get,
            url: "https://api.stripe.com/v1/x?email=hidden",
            headers: headers
        )
        let response = TransportResponse(status: 200, headers: ["X": "hidden"], body: Array("hidden".utf8))
        var printed = ["\(request)", "\(response)"]
        request.method = .post(Array("hidden".utf8))
        for value in [request, response, headers] as [Any] {
            var text = ""
            dump(value, to: &text)
            printed += [text, "\(value)", String(reflecting: value)]
        }
        // The body as numbers is the body all the same.
        for text in printed { #expect(!text.contains("hidden") && !text.contains("104, 105")) }
    }

    @Test func `headers are found whatever their case, the first of a name`() {
        let headers: TransportHeaders = ["Request-Id": "1", "REQUEST-ID": "2"]
        #expect(headers["request-id"] == "1")
        #expect(headers["request-ids"] == nil)
    }
}
