import HTTPClient
import Testing

@testable import Web

/// Customers and users as Console has them.
///
/// A token's `sub` is the Auth0 id; a customer's `metadata.userId` is Console's own uuid since 2025-09-18 and the Auth0
/// id before: https://github.com/akash-network/console/commit/4b4a0207f. Only the map knows that the two are one user.
enum ConsoleSample {
    /// Has `cus_new`, made with the uuid, and `cus_old`, made with the `sub`; shares `cus_team` with Grace.
    enum Ada {
        static let sub = "auth0|64f0c0ffee0000000000000a"
        static let uuid = "5b2c0f0e-3c1d-4a7e-9a50-1f2e3d4c5b6a"
        static let rows = ["ch_new", "ch_old", "ch_team"]
    }

    /// Has `cus_grace`.
    enum Grace {
        static let sub = "google-oauth2|104938571029384756"
        static let uuid = "0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5"
        static let rows = ["ch_grace", "ch_team"]
    }

    /// Signed in and never paid.
    static let newcomer = "auth0|64f0decaf0000000000000000"
    static let organization = "7d1f6f3e-0000-4000-8000-0b1c2d3e4f5a"
    static let account = "acct_1RconnectedAkash"

    /// The events of Stripe: customers, a payment of each, and a connected account that gives customers of its own Ada's
    /// uuid, one of them under the id of Ada's.
    static let events: [MadeEvent] = {
        let customers: [MadeEvent] = [
            .customer("cus_new", ofConsoleUser: Ada.uuid), .customer("cus_old", ofConsoleUser: Ada.sub),
            .customer("cus_grace", ofConsoleUser: Grace.uuid),
            .customer("cus_team", ofConsoleUser: Grace.uuid),
        ]
        let theirs = ["cus_theirs", "cus_new"].flatMap { id -> [MadeEvent] in
            [
                .customer(id, ofConsoleUser: Ada.uuid).of(account),
                .charge("ch_their_\(id)", customer: id).of(account),
            ]
        }
        return customers
            + ["new", "old", "team", "grace"].map { .charge("ch_\($0)", customer: "cus_\($0)") } + theirs
    }()

    /// Links that only an operator, or Console's database, knows.
    static let links = [
        "cus_new": #"{"users":["\#(Ada.uuid)","\#(Ada.sub)"]}"#,
        "cus_old": #"{"users":["\#(Ada.uuid)","\#(Ada.sub)"]}"#,
        "cus_grace": #"{"users":["\#(Grace.uuid)","\#(Grace.sub)"]}"#,
        "cus_team":
            #"{"users":["\#(Ada.uuid)","\#(Ada.sub)","\#(Grace.uuid)","\#(Grace.sub)"],"organizations":["\#(organization)"]}"#,
    ]

    static func deliver(to harness: WebHarness) async throws {
        try await harness.deliver(events)
        for (customer, body) in links {
            let answer = try await harness.putCustomer(customer, body)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }
}

extension WebHarness {
    func putCustomer(_ id: String, _ body: String, key: TestKey = .customers) async throws -> Answer {
        try await send(.put(Array(body.utf8)), "/v1/customers/\(id)", headers: key.headers)
    }
}
