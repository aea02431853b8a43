package import JSON

/// `GET /v1/webhook_endpoints`
extension StripeClient {
    /// Lists the endpoints registered at Stripe that the key may see.
    ///
    /// - Parameter account: The connected account whose endpoints they are.
    /// - Returns: All endpoints (Stripe allows at most 16 and a page holds 100), and the time of the response
    ///   by Stripe's clock.
    /// - Throws: ``StripeAPIError`` unless Stripe returns the whole list.
    package func registeredEndpoints(
        account: String? = nil
    ) async throws(StripeAPIError) -> (endpoints: [RegisteredEndpoint], date: Int64?) {
        let page = try await page(of: .webhookEndpoints, account: account)
        var endpoints: [RegisteredEndpoint] = []
        for object in page.objects {
            guard let endpoint = try? RegisteredEndpoint(json: object) else {
                throw .notAnObject(requestID: page.requestID)
            }
            endpoints.append(endpoint)
        }
        return (endpoints, page.date)
    }
}

extension StripeListing {
    package static let webhookEndpoints = StripeListing(
        "webhook_endpoint",
        path: ["v1", "webhook_endpoints"]
    )
}

/// An endpoint as it is registered at Stripe.
package struct RegisteredEndpoint: Sendable, Equatable, JSONDecodable {
    package let id: String
    package let url: String
    /// The event types; `*` stands for every type except those that must be named.
    package let enabledEvents: [String]
    /// Nil for the account's default version.
    package let apiVersion: String?
    /// `enabled` or `disabled`.
    package let status: String
    package let livemode: Bool

    package init(
        id: String,
        url: String,
        enabledEvents: [String],
        apiVersion: String?,
        status: String,
        livemode: Bool
    ) {
        self.id = id
        self.url = url
        self.enabledEvents = enabledEvents
        self.apiVersion = apiVersion
        self.status = status
        self.livemode = livemode
    }

    /// Whether the endpoint is sent events of a type.
    package func receives(_ eventType: String) -> Bool {
        status == "enabled" && (enabledEvents.contains("*") || enabledEvents.contains(eventType))
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        id = try json.decode("id")
        url = try json.decode("url")
        enabledEvents = try json.decode("enabled_events")
        apiVersion = try json.decodeIfPresent("api_version")
        status = try json.decode("status")
        livemode = try json.decode("livemode")
    }
}
