import Cryptography
import Testing
import TestSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct HMACKeyTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let key_base64: Data
        let message_base64: Data
        let hmac: String

        var testDescription: String { name }

        static func all() throws -> [Vector] {
            try JSONDecoder().decode([Vector].self, from: Data(Testdata.bytes("signatures/hmac.json")))
        }
    }

    @Test(arguments: try Vector.all())
    func `computes the published code`(vector: Vector) {
        #expect(HMACKey(Array(vector.key_base64)).code(over: Array(vector.message_base64)).hex == vector.hmac)
    }

    @Test(arguments: try Vector.all())
    func `a prefix counts as the beginning of the message`(vector: Vector) throws {
        let message = Array(vector.message_base64)
        let key = HMACKey(Array(vector.key_base64))
        for cut in 0...message.count {
            guard let prefix = String(validating: message[..<cut], as: UTF8.self) else { continue }
            #expect(key.code(prefix: prefix, over: Array(message[cut...])).hex == vector.hmac)
        }
    }

    @Test func `a key serves many messages and each from its beginning`() {
        let key = HMACKey(Array("key".utf8))
        let first = key.code(over: Array("one".utf8))
        _ = key.code(over: Array("two".utf8))
        #expect(key.code(over: Array("one".utf8)) == first)
    }

    @Test func `a key serves many threads at once`() async {
        let key = HMACKey(Array("key".utf8))
        let messages = (0..<64).map { [UInt8](repeating: UInt8($0), count: 1 + 100 * $0) }
        let alone = messages.map { HMACKey(Array("key".utf8)).code(over: $0) }

        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<50).reduce(0) { count, _ in
                        count + zip(messages, alone).count { key.code(over: $0) != $1 }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test func `refuses to be made of nothing`() async {
        await #expect(processExitsWith: .failure) {
            _ = HMACKey([])
        }
    }
}
