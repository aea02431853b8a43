import HTTPClient
import Storage
import StripeAPI
import Testing

/// `/openapi.json` describes exactly the routes; `Tests/Deploy/openapi.py` tries them from outside.
@Suite(.timeLimit(.minutes(5)))
struct OpenAPITests {
    @Test func `the description needs no key and is OpenAPI 3.1 in JSON`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/openapi.json", key: nil)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "application/json; charset=utf-8")
            #expect(answer.json["openapi"]?.string?.hasPrefix("3.1.") == true)
        }
    }

    @Test(arguments: [
        ("https://billing.example.com", "/"), ("https://www.example.com/billing-service", "/billing-service"),
    ])
    func `its server is the place that PUBLIC_URL says`(publicURL: String, server: String) async throws {
        var settings = WebHarness.Settings()
        settings.publicURL = publicURL
        try await WebHarness.with(settings) { harness in
            let servers = try await harness.get("/openapi.json", key: nil).json["servers"]
            #expect(servers?[0]?["url"]?.string == server && servers?.array.count == 1)
        }
    }

    @Test func `every route is described, and nothing else is`() async throws {
        try await WebHarness.with { harness in
            let described = DescribedAPI(try await harness.get("/openapi.json").json).operations
            let routes = RouteUnderTest.all.map { "\($0.method) \($0.pattern)" }
            #expect(Set(described.map { "\($0.method) \($0.path)" }) == Set(routes))
        }
    }

    @Test func `a path has the methods that are described of it, and no others`() async throws {
        try await WebHarness.with { harness in
            let described = DescribedAPI(try await harness.get("/openapi.json").json)
            for route in RouteUnderTest.all {
                let path = route.path.prefix { $0 != "?" }
                // No route has this method, so the answer lists the allowed ones.
                let answer = try await harness.send(.delete, String(path))
                let allowed = (answer.headers["Allow"] ?? "").split(separator: ", ").map(String.init)
                #expect(Set(allowed) == described.methods(at: path), "\(route.pattern)")
            }
        }
    }

    @Test func `the kinds and states of jobs are those that there are`() async throws {
        try await WebHarness.with { harness in
            let schemas = try await harness.get("/openapi.json", key: nil).json["components"]?["schemas"]
            func names(_ schema: String) -> Set<String> {
                Set((schemas?[schema]?["enum"]?.array ?? []).compactMap(\.string))
            }
            #expect(names("JobKind") == Set(Job.Kind.allCases.map(\.rawValue)))
            #expect(names("JobState") == Set(Job.State.allCases.map(\.rawValue)))
        }
    }

    @Test func `the parameters of a query that a route reads are described, and no others`() async throws {
        try await WebHarness.with { harness in
            let described = DescribedAPI(try await harness.get("/openapi.json").json)
            for route in RouteUnderTest.all {
                // The form of the page reads the page's, and refuses none, so that it leads back in any case.
                // Console's own ignore what they do not know.
                guard route.pattern != "/billing/transactions/{id}/email", !route.isConsoles else { continue }
                let path = route.path + (route.path.contains("?") ? "&" : "?") + "no_such_parameter=1"
                var headers = route.key?.headers ?? []
                if case .session = route.access { headers = [bearer(harness.sessionToken())] }
                let answer = try await harness.send(route.emptyRequest, path, headers: headers)
                let told = answer.text.firstMatch(of: /no such parameter\. It has: ([^.]+)\./)?.output.1
                let names = (told ?? "").split(separator: ", ").map(String.init)
                #expect(
                    Set(names) == described.operation(route)?.queryParameters,
                    "\(route.testDescription) answers \(answer.status)"
                )
            }
        }
    }

    @Test func `a route without parameters refuses one`() async throws {
        try await WebHarness.with { harness in
            let answer = try await harness.get("/v1/transactions/ch_a?limit=1")
            #expect(answer.errorCode == "parameter_unknown")
            #expect(answer.json["error"]?["message"] == "This route has no such parameter. It has none.")
        }
    }
}
