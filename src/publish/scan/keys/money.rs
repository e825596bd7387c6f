//! Payment, banks, exchanges, shops, accounts, post. The forms are in the providers' pages about API keys.

use super::{Key, set, token};

pub(super) const KEYS: &[Key] = &[
    // Payment and banks.
    token("Stripe key", "<sk_live|sk_test|sk_prod|rk_live|rk_test|rk_prod>_<alnum 10->"),
    token("Stripe webhook secret", "whsec_<alnum 32->"),
    token("Square token", "sq0atp-<url 22-60>"),
    // Base64 of what begins with the number 16 begins so, too.
    token("Square token", "EAAA<url 22-60>").entropy(3.5).beyond_base64(),
    token("Flutterwave encryption key", "FLWSECK_TEST-<alnum 12>"),
    token("Flutterwave key", "<FLWSECK_TEST|FLWPUBK_TEST>-<alnum 32>-X"),
    set("GoCardless token", "gocardless", "live_<url= 40>"),
    token("Plaid token", "access-<sandbox|development|production>-<uuid>"),
    set("Plaid secret", "plaid", "<lower 30>"),
    set("Finicity key", "finicity", "<hex 32>"),
    set("Finicity secret", "finicity", "<lower 20>"),
    set("Finnhub key", "finnhub", "<lower 20>"),
    set("FreshBooks secret", "freshbooks", "<lower 64>"),
    // Exchanges.
    set("Bittrex key", "bittrex", "<lower 32>"),
    set("Coinbase token", "coinbase", "<url 64>").beyond_hex(),
    set("Kraken key", "kraken", "<url+/= 80-90>"),
    set("KuCoin key", "kucoin", "<hex 24>"),
    set("KuCoin secret", "kucoin", "<uuid>"),
    // Shops, travel, parcels.
    token("Shopify token", "<shpat|shpca|shppa|shpss>_<xhex 32>"),
    set("Etsy key", "etsy", "<lower 24>"),
    token("Duffel token", "duffel_<test|live>_<url= 43>"),
    token("EasyPost key", "<EZAK|EZTK><alnum 54>"),
    token("Shippo token", "<shippo_live|shippo_test>_<xhex 40>"),
    token("Lob key", "<live|test>_<hex 35>"),
    token("Lob key", "<live|test>_pub_<hex 31>"),
];
