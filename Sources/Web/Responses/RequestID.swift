/// The id of one request, `req_…`: sent in the `Request-Id` header and in errors, and logged.
enum RequestID {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var id = "req_"
        var bits = generator.next()
        for index in 0..<16 {
            if index == 8 { bits = generator.next() }
            id.unicodeScalars.append(Unicode.Scalar(alphabet[Int(bits % 62)]))
            bits /= 62
        }
        return id
    }
}
