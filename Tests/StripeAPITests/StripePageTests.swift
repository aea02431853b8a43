@testable import StripeAPI
import HTTPClient
import Testing

/// What is made of a list that came, without a network.
struct StripePageTests {
    private func page(
        _ body: [UInt8],
        headers: TransportHeaders = [:],
        _ paging: StripePaging = StripePaging()
    ) async throws -> StripePage {
        let transport = RecordingTransport(
            .success(TransportResponse(status: 200, headers: headers, body: body))
        )
        let client = StripeClient(transport: transport, key: try #require(StripeSecretKey("sk_test_1")))
        return try await client.page(of: .charges(), paging)
    }

    private func page(_ body: String, _ paging: StripePaging = StripePaging()) async throws -> StripePage {
        try await page(Array(body.utf8), paging)
    }

    private static func list(_ elements: String, hasMore: Bool = false) -> String {
        #"{"object":"list","url":"/v1/charges","has_more":\#(hasMore),"data":[\#(elements)]}"#
    }

    /// Elements that would not survive being decoded and encoded again.
    static let elements = [
        #"{"id":"ch_1","object":"charge"}"#,
        "{\n  \"object\" : \"charge\",\r\n\t\"id\":\"ch_2\" , \"amount\" : 1.0e2, \"a\": [ ], \"b\": { } }",
        #"{"id":"ch_3","object":"charge","note":"]}\"\\,[{\u005d\ud83d\ude00 ×","z":1,"a":2}"#,
        #"{"id":"ch_4","object":"charge","data":[{"data":[]}],"has_more":true,"list":[[],[[1,2],null,true]]}"#,
        #"{"id":"ch_5","object":"charge","big":123456789012345678901234567890,"small":-0.0}"#,
    ]

    @Test(arguments: [",", " ,\n ", "\t,\r\n"])
    func `hands on every object byte for byte`(separator: String) async throws {
        let page = try await page(Self.list("\n" + Self.elements.joined(separator: separator) + " "))
        #expect(page.objects == Self.elements.map { Array($0.utf8) })
        #expect(page.ids == ["ch_1", "ch_2", "ch_3", "ch_4", "ch_5"])
        #expect(page.ids.first == "ch_1")
        #expect(page.ids.last == "ch_5")
    }

    @Test func `finds the objects wherever they stand`() async throws {
        let body = """
             { "data" : [ {"id":"ch_1","object":"charge"} ] , "x" : {"data":[{"id":"ch_2","object":"charge"}]},
            "y":["data"],"z":"\\"data\\":[","has_more":false,"object":"list"}
            """
        #expect(try await page(body).ids == ["ch_1"])
    }

    @Test func `knows when Stripe answered, and by what name`() async throws {
        let headers: TransportHeaders = ["Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Request-Id": "req_1"]
        let page = try await page(Array(Self.list("").utf8), headers: headers)
        #expect(page.date == 784_111_777)
        #expect(page.requestID == "req_1")
    }

    @Test(
        arguments: [
            (nil, .startingAfter("ch_3")), (.startingAfter("ch_0"), .startingAfter("ch_3")),
            (.endingBefore("ch_9"), .endingBefore("ch_1")),
        ] as [(StripePaging.Cursor?, StripePaging.Cursor)]
    )
    func `goes on in the direction it came`(
        cursor: StripePaging.Cursor?,
        next: StripePaging.Cursor
    ) async throws {
        let elements = (1...3).map { #"{"id":"ch_\#($0)","object":"charge"}"# }.joined(separator: ",")
        let paging = StripePaging(cursor, limit: 3)
        let more = try await page(Self.list(elements, hasMore: true), paging)
        #expect(more.next == StripePaging(next, limit: 3))
        #expect(more.hasMore)
        let last = try await page(Self.list(elements), paging)
        #expect(last.next == nil)
        #expect(!last.hasMore)
    }

    @Test(arguments: [
        "", "null", "[]", "<html>", list("").replacing("list", with: "charge"),
        #"{"object":"list","data":[]}"#,
        #"{"object":"list","has_more":false}"#, #"{"object":"list","has_more":"false","data":[]}"#,
        #"{"object":"list","has_more":false,"data":{}}"#, #"{"object":"list","has_more":false,"data":null}"#,
        #"{"object":"list","has_more":false,"data":[],"data":[]}"#, list("") + "x",
        String(list("").dropLast()),
        list("null"), list("1"), list(#""ch_1""#), list("[]"), list("{}"), list(#"{"id":"ch_1"}"#),
        list(#"{"id":1,"object":"charge"}"#), list(#"{"id":"","object":"charge"}"#),
        list(#"{"id":"ch 1","object":"charge"}"#), list(#"{"id":"ch_é","object":"charge"}"#),
        list(#"{"id":"ch_\u0000","object":"charge"}"#),
        list(#"{"id":"\#(String(repeating: "x", count: 256))","object":"charge"}"#), list("", hasMore: true),
        "\u{FEFF}" + list(""),
    ])
    func `a success that is not a whole list of objects is none`(body: String) async throws {
        await #expect(throws: StripeAPIError.notAList(requestID: nil)) { try await page(body) }
    }

    @Test func `an id may be as long as Stripe's may`() async throws {
        let id = String(repeating: "x", count: 255)
        #expect(try await page(Self.list(#"{"id":"\#(id)","object":"charge"}"#)).ids == [id])
    }

    @Test func `a list that is not UTF-8 is none`() async throws {
        var body = Array(Self.list(#"{"id":"ch_1","object":"charge","note":"?"}"#).utf8)
        body[try #require(body.lastIndex(of: UInt8(ascii: "?")))] = 0xFF
        await #expect(throws: StripeAPIError.notAList(requestID: nil)) { try await page(body) }
    }

    @Test(
        arguments: [(.startingAfter("ch_1"), "ch_1"), (.endingBefore("ch_1"), "ch_1"), (nil, "ch_2")]
            as [(StripePaging.Cursor?, String)]
    )
    func `a list that goes in a circle is none`(cursor: StripePaging.Cursor?, second: String) async throws {
        let body = Self.list(#"{"id":"ch_2","object":"charge"},{"id":"\#(second)","object":"charge"}"#)
        await #expect(throws: StripeAPIError.notAList(requestID: nil)) {
            try await page(body, StripePaging(cursor))
        }
    }

    @Test func `a list of something else is none`() async throws {
        await #expect(throws: StripeAPIError.wrongObject(requestID: nil)) {
            try await page(Self.list(#"{"id":"re_1","object":"refund"}"#))
        }
    }

    @Test func `depth is no danger`() async throws {
        let deep = String(repeating: "[", count: 400) + String(repeating: "]", count: 400)
        let element = #"{"id":"ch_1","object":"charge","deep":\#(deep)}"#
        #expect(try await page(Self.list(element)).objects == [Array(element.utf8)])
        let abyss = String(repeating: "[", count: 100_000)
        await #expect(throws: StripeAPIError.notAList(requestID: nil)) { try await page(Self.list(abyss)) }
    }

    @Test func `a page prints ids and no object`() async throws {
        let page = try await page(Self.list(#"{"id":"ch_1","object":"charge","email":"hidden"}"#))
        var text = "\(page) \(String(reflecting: page)) "
        dump(page, to: &text)
        #expect(text.contains("ch_1"))
        // The body as numbers is the body all the same.
        #expect(!text.contains("hidden") && !text.contains("104, 105"))
    }
}

/// The scanner alone, on what is not JSON: it may say anything, but it ends and does not trap.
struct ListScannerTests {
    @Test func `survives every cut and every swapped byte`() {
        let whole = Array(#" {"a":[1,{"b":"\"]"}],"data":[{"x":"\\"},[],"s",-1.5e3,null] , "c":{} }"#.utf8)
        #expect(ListScanner.elements(of: "data", in: whole)?.count == 5)
        for length in whole.indices {
            _ = ListScanner.elements(of: "data", in: Array(whole[..<length]))
            for byte in Array("{}[]\",:\\ x".utf8) {
                var broken = whole
                broken[length] = byte
                _ = ListScanner.elements(of: "data", in: broken)
            }
        }
    }
}
