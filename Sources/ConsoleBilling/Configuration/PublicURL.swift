import Web

/// The base of the links that the service hands out (`PUBLIC_URL`): an origin and a plain path.
enum PublicURL {
    /// - Returns: The URL without a final slash.
    static func parse(_ text: String) throws(SettingFault) -> String {
        // The slashes of the scheme are no end of a path.
        let base = text.hasSuffix("/") && !text.hasSuffix("://") ? String(text.dropLast()) : text
        if let sentence = fault(in: base) { throw SettingFault(sentence: sentence) }
        return base
    }

    private static func fault(in base: String) -> String? {
        guard let scheme = base.prefixMatch(of: /https?:\/\//)?.output else {
            return "it does not begin with http:// or https://"
        }
        if base.contains("?") { return "it has a query (?…)" }
        if base.contains("#") { return "it has a fragment (#…)" }
        let rest = base.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        if authority.contains("@") { return "it has a user name before its host" }
        // The colons of an IPv6 address are in brackets.
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[afterBracket...].firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<colon]
        if host.isEmpty { return "it has no host" }
        if WildcardAddress.matches(String(host)) {
            return "its host is every address of a machine, which no link can lead to"
        }
        guard WebOrigin(of: "\(scheme)\(host)") != nil else {
            return "its host is neither a name nor an address"
        }
        guard WebOrigin(of: "\(scheme)\(authority)") != nil else {
            return "its port is not a number from 1 to 65535"
        }
        return pathFault(rest.dropFirst(authority.count))
    }

    /// Only plain path segments are accepted: other characters have a meaning in cookies, in HTML or to a proxy.
    private static func pathFault(_ path: Substring) -> String? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if segments.contains("") { return "its path has two slashes in a row, or at its end" }
        if path.contains(ServerAddress.webhookPath) {
            return "it has the path of the webhook, \(ServerAddress.webhookPath), which comes after it"
        }
        if segments.contains(".") || segments.contains("..") { return "its path has . or .. in it" }
        let isPlain = path.wholeMatch(of: /[A-Za-z0-9._~\/-]*/) != nil
        return isPlain ? nil : "its path has more than letters, digits, slashes and . _ ~ -"
    }
}
