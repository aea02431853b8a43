#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `GET /v1/webhook_endpoints`
extension StripeClient {
    /// The endpoints registered at Stripe, as far as the key may see them.
    ///
    /// - Parameter account: The connected account whose endpoints they are.
    /// - Returns: All of them, since Stripe has at most 16 and a page holds 100; and Stripe's clock.
    /// - Throws: Anything but a whole list.
    package func registeredEndpoints(
        account: String? = nil
    ) async throws(StripeAPIError) -> (endpoints: [RegisteredEndpoint], date: Int64?) {
        let page = try await page(of: .webhookEndpoints, account: account)
        var endpoints: [RegisteredEndpoint] = []
        for object in page.objects {
            guard let endpoint = try? JSONDecoder().decode(RegisteredEndpoint.self, from: Data(object)) else {
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
package struct RegisteredEndpoint: Sendable, Equatable, Decodable {
    package let id: String
    package let url: String
    /// Event types; `*` is every type but those that must be named.
    package let enabledEvents: [String]
    /// Nil for the account's own default.
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

    /// Whether events of a type are sent to it.
    package func receives(_ eventType: String) -> Bool {
        status == "enabled" && (enabledEvents.contains("*") || enabledEvents.contains(eventType))
    }

    private enum CodingKeys: String, CodingKey {
        case id, url, status, livemode
        case enabledEvents = "enabled_events"
        case apiVersion = "api_version"
    }
}
