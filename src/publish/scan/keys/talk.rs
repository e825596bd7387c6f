//! Chats, post, telephones, social networks, customers. The forms are in the providers' pages about tokens, bots and webhooks.

use super::{Key, set, token};

pub(super) const KEYS: &[Key] = &[
    // Slack: the fourth letter tells the kind; old tokens are shorter.
    token("Slack bot token", "xoxb-<digit 8-14>-<alnum 10-26>"),
    token("Slack bot token", "xoxb-<digit 10-13>-<digit 10-13>-<alnum 8-34>"),
    token("Slack bot token", "xoxb-<digit 10-13>-<digit 10-13><url 0->"),
    token("Slack user token", "<xoxp|xoxe>-<digit 10-13>-<digit 10-13>-<digit 10-13>-<url 28-34>"),
    token("Slack workspace token", "<xoxa|xoxr>-<alnum 8-48>"),
    token("Slack workspace token", "<xoxa|xoxr>-<digit 1>-<alnum 8-48>"),
    token("Slack token", "<xoxo|xoxs>-<digit 1->-<digit 1->-<digit 1->-<xhex 1->").entropy(2.0),
    token("Slack app token", "xapp-<digit 1>-<alnum 1->-<digit 1->-<alnum 1->").entropy(2.0),
    token("Slack configuration token", "<xoxe.xoxb|xoxe.xoxp>-<digit 1>-<alnum 163-166>"),
    token("Slack configuration token", "xoxe-<digit 1>-<alnum 146>"),
    token("Slack webhook", "hooks.slack.com/<services|workflows|triggers>/<base64 43-56>"),
    // Other chats.
    set("Discord token", "discord", "<hex 64>"),
    set("Discord secret", "discord", "<url= 32>").beyond_hex(),
    set("Gitter token", "gitter", "<url 40>"),
    set("Mattermost token", "mattermost", "<lower 26>"),
    token("Telegram bot token", "<digit 8>:AA<url 33>"),
    token("Telegram bot token", "<digit 9>:AA<url 33>"),
    token("Telegram bot token", "<digit 10>:AA<url 33>"),
    set("Telegram bot token", "telegr", "<digit 5-16>:A<url 34>"),
    token(
        "Microsoft Teams webhook",
        "webhook.office.com/webhookb2/<lower 8>-<lower 4>-<lower 4>-<lower 4>-<lower 12>@<lower 8>-<lower 4>-<lower 4>-<lower 4>-<lower 12>/IncomingWebhook/<lower 32>/<lower 8>-<lower 4>-<lower 4>-<lower 4>-<lower 12>",
    ),
    // Post and telephones.
    set("Mailchimp key", "mailchimp mailchimpsdk.initialize", "<hex 32>-us<digit 2>"),
    token("Mailgun key", "<key|pubkey>-<hex 32>"),
    set("Mailgun signing key", "mailgun", "<lower 32>-<lower 8>-<lower 8>"),
    token("SendGrid key", "SG.<url.= 66>"),
    token("Sendinblue key", "xkeysib-<hex 64>-<alnum 16>"),
    set("MessageBird key", "messagebird message-bird message_bird", "<lower 25>"),
    set("Sendbird token", "sendbird", "<hex 40>"),
    token("Twilio key", "SK<xhex 32>"),
    // Networks of people.
    set("Facebook secret", "facebook", "<hex 32>"),
    token("Facebook page token", "<EAAM|EAAC><alnum 100->"),
    set("LinkedIn secret", "linkedin linked_in linked-in", "<lower 16>"),
    set("Twitch token", "twitch", "<lower 30>"),
    set("Twitter key", "twitter", "<lower 25>"),
    set("Twitter secret", "twitter", "<lower 50>"),
    set("Twitter token secret", "twitter", "<lower 45>"),
    set("Twitter token", "twitter", "<digit 15-25>-<alnum 20-40>"),
    set("Twitter bearer token", "twitter", "AAAAAAAAAAAAAAAAAAAAAA<alnum% 80-100>"),
    // Customers and their reports.
    set("Beamer key", "beamer", "b_<url= 44>"),
    set("HubSpot key", "hubspot", "<uuid>"),
    set("Intercom key", "intercom", "<url= 60>"),
    set("Zendesk secret", "zendesk", "<lower 40>").beyond_hex(),
];
