import Testing

@testable import ConsoleBilling

struct SendPlanTests {
    private let loopback = ServerAddress(scheme: "http", host: "127.0.0.1", port: 3080)
    private let remote = ServerAddress(scheme: "https", host: "billing.example.com", port: nil)

    private func events(_ count: Int, livemode: Bool = false) -> [EventBody] {
        (0..<count).map { EventBody(id: "evt_\($0)", type: "x", livemode: livemode, bytes: []) }
    }

    @Test func `events are sent in the order they came`() {
        #expect(SendPlan(events(4)).order == [0, 1, 2, 3])
    }

    @Test func `copies follow one another`() {
        #expect(SendPlan(events(3), copies: 2).order == [0, 0, 1, 1, 2, 2])
    }

    @Test func `a shuffle sends the same deliveries in another order`() {
        let plan = SendPlan(events(50), copies: 2, shuffleSeed: 7)
        #expect(plan.order != SendPlan(events(50), copies: 2).order)
        #expect(plan.order.sorted() == SendPlan(events(50), copies: 2).order)
    }

    @Test func `the seed decides the order`() {
        #expect(
            SendPlan(events(50), shuffleSeed: 7).order == SendPlan(events(50), shuffleSeed: 7).order
        )
        #expect(
            SendPlan(events(50), shuffleSeed: 7).order != SendPlan(events(50), shuffleSeed: 8).order
        )
    }

    @Test func `test events may be sent to this machine`() {
        #expect(SendPlan(events(2)).refusal(to: loopback, allowsRemote: false, allowsLive: false) == nil)
    }

    @Test func `another machine is refused until it is allowed`() {
        let plan = SendPlan(events(1))
        let refusal = plan.refusal(to: remote, allowsRemote: false, allowsLive: true)
        #expect(refusal?.contains("--allow-remote") == true)
        #expect(plan.refusal(to: remote, allowsRemote: true, allowsLive: false) == nil)
    }

    @Test func `live events are refused until they are allowed, wherever in the plan they are`() {
        let plan = SendPlan(events(3) + events(2, livemode: true))
        let refusal = plan.refusal(to: loopback, allowsRemote: true, allowsLive: false)
        #expect(refusal?.hasPrefix("evt_0 and 1 more are of live mode.") == true)
        #expect(refusal?.contains("--allow-live") == true)
        #expect(plan.refusal(to: loopback, allowsRemote: false, allowsLive: true) == nil)
    }
}

struct ServerAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:3080", "http://127.0.0.1:3080/v1/stripe-webhook"),
        ("http://127.0.0.1:3080/", "http://127.0.0.1:3080/v1/stripe-webhook"),
        ("HTTP://LOCALHOST", "http://localhost/v1/stripe-webhook"),
        ("localhost:8080", "http://localhost:8080/v1/stripe-webhook"),
        ("http://127.0.0.1/webhook", "http://127.0.0.1/webhook"),
        ("https://[::1]:1/v1/stripe-webhook", "https://[::1]:1/v1/stripe-webhook"),
    ])
    func `a base is given the path, and a path is kept`(text: String, webhook: String) throws {
        #expect(try #require(ServerAddress(text)).webhook.description == webhook)
    }

    @Test(arguments: [
        "http://localhost", "http://127.0.0.1:80", "http://127.255.0.3", "https://[::1]/x", "localhost:1",
    ])
    func `this machine is known`(text: String) throws {
        #expect(try #require(ServerAddress(text)).isLoopback)
    }

    @Test(arguments: [
        "http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com",
        "http://0.0.0.0",
        "http://128.0.0.1", "http://[::2]", "http://10.0.0.1",
    ])
    func `no other machine counts as this one`(text: String) throws {
        #expect(try !#require(ServerAddress(text)).isLoopback)
    }

    @Test(arguments: [
        "", "ftp://localhost", "http://", "http://user@localhost", "http://127.0.0.1@example.com",
        "http://localhost:0", "http://localhost:65536", "http://localhost:x", "http://localhost?x",
        "http://localhost/#x",
        "http://localhost\\@example.com", "http://loc alhost", "http://[::1", "http://[::1%25lo]",
        "http://localhost/a b", "http://127.0.0.256", "http://127.1", "http://127.0.0.01",
    ])
    func `what two readers could read differently is refused`(text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test func `the webhook's path is taken off to ask the service something`() throws {
        #expect(
            try #require(ServerAddress("http://localhost/x/v1/stripe-webhook")).base.description
                == "http://localhost/x"
        )
    }
}
