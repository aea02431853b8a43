package import JSON

/// Stripe's list envelope.
package struct ListResponse<Element: JSONEncodable>: JSONObject {
    let url: String
    let hasMore: Bool
    let data: [Element]

    package init(url: String, hasMore: Bool, data: [Element]) {
        self.url = url
        self.hasMore = hasMore
        self.data = data
    }

    package func write(to json: inout JSONWriter) {
        json.member("data", data)
        json.member("has_more", hasMore)
        json.member("object", "list")
        json.member("url", url)
    }
}
