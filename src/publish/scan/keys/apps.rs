//! Texts, pictures, maps, design, accounts of applications. The forms are in the providers' pages for developers.

use super::{Key, set, token};

pub(super) const KEYS: &[Key] = &[
    set("Adafruit key", "adafruit", "<url 32>"),
    token("Adobe secret", "p8e-<alnum 32>"),
    set("Airtable key", "airtable", "<alnum 17>"),
    token("Airtable token", "pat<alnum 14>.<hex 64>"),
    set("Algolia key", "algolia", "<lower 32>"),
    set("Contentful token", "contentful", "<url= 43>"),
    set("Dropbox key", "dropbox", "<lower 15>"),
    set("Dropbox token", "dropbox", "<lower 11>AAAAAAAAAA<url= 43>"),
    set("Dropbox token", "dropbox", "sl.<url= 135>"),
    set("Flickr key", "flickr", "<lower 32>"),
    token("Frame.io token", "fio-u-<url= 64>"),
    token("Freemius secret", "sk_<url 29>").files(&[".php"]),
    token("Mapbox token", "<pk|sk>.<alnum 60>.<alnum 22>"),
    set("New York Times key", "nytimes new-york-times new-york-times, newyorktimes", "<url= 32>"),
    token("Notion token", "ntn_<digit 11><alnum 35>"),
    set("Squarespace key", "squarespace", "<uuid>"),
    token("Typeform token", "tfp_<url.= 59>"),
];
