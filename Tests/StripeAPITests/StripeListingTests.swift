import StripeAPI
import Testing

/// The parameters of list requests, without a network.
struct StripeListingTests {
    private static let empty = #"{"object":"list","has_more":false,"data":[]}"#

    private func query(
        _ listing: StripeListing,
        _ paging: StripePaging = StripePaging()
    ) async throws -> String {
        let transport = RecordingTransport(body: Self.empty)
        let client = StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
        _ = try await client.page(of: listing, paging)
        let url = try #require(transport.requests.first?.url)
        return url.replacing("https://api.stripe.com:443", with: "").replacing("%5B", with: "[")
            .replacing("%5D", with: "]")
    }

    static let listings: [(StripeListing, String)] = [
        (.events(), "/v1/events?limit=100"),
        (.events(isDelivered: false), "/v1/events?delivery_success=false&limit=100"),
        (
            .events(created: CreatedRange(from: 5, through: 7), isDelivered: true),
            "/v1/events?delivery_success=true&created[gte]=5&created[lte]=7&limit=100"
        ),
        (.charges(created: CreatedRange(from: 5)), "/v1/charges?created[gte]=5&limit=100"),
        (
            .charges(customer: "cus_1", paymentIntent: "pi_1"),
            "/v1/charges?customer=cus_1&payment_intent=pi_1&limit=100"
        ),
        (.paymentIntents(customer: "cus_1"), "/v1/payment_intents?customer=cus_1&limit=100"),
        (.refunds(charge: "ch_1"), "/v1/refunds?charge=ch_1&limit=100"),
        (.refunds(created: CreatedRange(through: 7)), "/v1/refunds?created[lte]=7&limit=100"),
        (.disputes(paymentIntent: "pi_1"), "/v1/disputes?payment_intent=pi_1&limit=100"),
        (
            .invoices(created: CreatedRange(from: 5), customer: "cus_1"),
            "/v1/invoices?customer=cus_1&created[gte]=5&limit=100"
        ),
        (.invoices(subscription: "sub_1"), "/v1/invoices?subscription=sub_1&limit=100"),
        (.invoicePayments(ofInvoice: "in_1"), "/v1/invoice_payments?invoice=in_1&limit=100"),
        (.webhookEndpoints, "/v1/webhook_endpoints?limit=100"),
    ]

    @Test(arguments: listings.indices)
    func `sends its filters and nothing else`(index: Int) async throws {
        let (listing, expected) = Self.listings[index]
        #expect(try await query(listing) == expected)
    }

    @Test(arguments: [
        (StripePaging(.startingAfter("ch_1"), limit: 1), "limit=1&starting_after=ch_1"),
        (StripePaging(.endingBefore("ch_1")), "limit=100&ending_before=ch_1"),
        (StripePaging(.endingBefore("a&limit=5")), "limit=100&ending_before=a%26limit%3D5"),
    ])
    func `requests the page at the cursor`(paging: StripePaging, expected: String) async throws {
        #expect(try await query(.charges(), paging) == "/v1/charges?" + expected)
    }

    @Test(arguments: [
        (StripePaging(limit: 0), StripeAPIError.Argument.limit), (StripePaging(limit: 101), .limit),
        (StripePaging(.startingAfter("")), .cursor), (StripePaging(.endingBefore("ch 1")), .cursor),
        (StripePaging(.startingAfter(String(repeating: "x", count: 256))), .cursor),
    ])
    func `requests no impossible page`(paging: StripePaging, argument: StripeAPIError.Argument) async {
        await #expect(throws: StripeAPIError.invalidArgument(argument)) {
            try await query(.charges(), paging)
        }
    }

    @Test(arguments: [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
    func `event types are asked for in groups of at most twenty`(count: Int, sizes: [Int]) async throws {
        let types = (0..<count).map { "type.\($0)" }
        // Given twice, they are asked for once.
        let listings = StripeListing.events(ofTypes: types + types, isDelivered: false)
        var asked: [[String]] = []
        for listing in listings {
            let query = try await query(listing)
            #expect(query.contains("&delivery_success=false"))
            asked.append(query.matches(of: /types\[\]=([a-z0-9.]+)/).map { String($0.1) })
        }
        #expect(asked.map(\.count) == sizes)
        #expect(asked.flatMap(\.self) == types)
    }

    @Test func `a listing's description has its name and not its filters`() {
        #expect("\(StripeListing.charges(customer: "cus_secret"))" == "/v1/charges")
    }
}
