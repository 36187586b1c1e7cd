"""What columns are called: for each key of a mapping the names that shops and standards use.

English, German and Chinese; compared in small letters without blanks and signs, the likelier first.
"""

import re

PRODUCTS: dict[str, tuple[str, ...]] = {
    "id": (
        "id", "productid", "itemid", "sku", "parentasin", "asin", "stockcode", "productcode",
        "articlenumber", "itemnumber", "articleid", "prodcode", "prodid", "itemcode", "goodsid",
        "product", "item", "handle", "movieid", "artikelnummer",
        "artikelnr", "artnr", "produktnummer", "produktid", "artikel", "商品编号", "商品id",
        "商品编码",
        "货号", "产品编号", "产品id",
    ),
    "title": (
        "title", "name", "productname", "producttitle", "itemname", "itemtitle", "prodname",
        "articlename", "itemdescription", "titel",
        "bezeichnung", "produktname", "artikelname", "artikelbezeichnung", "商品名称", "商品名",
        "标题",
        "产品名称", "品名", "movietitle", "名称",
    ),
    "description": (
        "description", "longdescription", "productdescription", "detaildesc", "desc",
        "bodyhtml", "details", "beschreibung", "produktbeschreibung", "langtext",
        "描述", "商品描述", "产品描述", "详情",
    ),
    "category": (
        "category", "categories", "producttype", "categorypath", "categorycode", "categoryname",
        "productcategory", "productcategoryname", "producttypename", "breadcrumb",
        "genres", "genre", "categoryid", "catid",
        "kategorie", "kategorien", "warengruppe", "sortiment", "类目", "分类", "品类", "商品分类",
    ),
    "aisle": ("aisle", "department", "domain", "abteilung", "section", "部门"),
    "brand": (
        "brand", "brandname", "vendor", "manufacturer", "brandid", "store", "marke", "hersteller",
        "品牌", "厂商",
    ),
    "price": (
        "price", "unitprice", "saleprice", "listprice", "preis", "verkaufspreis", "einzelpreis",
        "vk",
        "价格", "单价", "售价",
    ),
    "image": (
        "image", "imagelink", "imageurl", "imurl", "picture", "bild", "bildurl", "图片", "主图",
    ),
    "gtin": (
        "gtin", "ean", "upc", "barcode", "isbn", "gtin13", "ean13", "eancode", "条形码", "条码",
    ),
    "group": ("itemgroupid", "groupid", "parentid", "parentsku", "gruppe", "款号"),
}  # fmt: skip
EVENTS: dict[str, tuple[str, ...]] = {
    "user": (
        "user", "userid", "customer", "customerid", "customernumber", "reviewerid",
        "householdkey",
        "userpseudoid", "visitorid", "custid", "custcode", "membernumber", "shopperid",
        "member", "memberid", "client", "clientid", "kunde", "kundennr",
        "kundennummer", "kundenid", "nutzer", "用户", "用户id", "客户", "客户编号", "会员",
        "会员编号", "顾客",
    ),
    "product": PRODUCTS["id"][1:],
    "time": (
        "time", "timestamp", "date", "datetime", "orderdate", "invoicedate", "eventtime",
        "createdat",
        "purchasedate", "orderpurchasetimestamp", "transactiondate", "shopdate", "tdat",
        "unixreviewtime", "eventtimestamp", "day", "datum", "bestelldatum",
        "kaufdatum",
        "zeitpunkt", "zeit", "日期", "时间", "下单时间", "购买时间", "订单日期",
    ),
    "type": (
        "type", "event", "eventname", "eventtype", "action", "actiontype", "behaviortype",
        "behavior", "kind", "typ", "ereignis", "行为", "类型",
    ),
    "quantity": (
        "quantity", "qty", "amount", "units", "count", "menge", "anzahl", "stück", "数量",
    ),
    "price": PRODUCTS["price"],
    "rating": ("rating", "stars", "score", "overall", "bewertung", "sterne", "评分"),
    "basket": (
        "basket", "basketid", "order", "orderid", "ordernumber", "invoice", "invoiceno",
        "transactionid",
        "sessionid", "usersession", "bestellung", "bestellnummer", "rechnung", "rechnungsnummer",
        "beleg", "订单", "订单号", "订单编号",
    ),
    "title": (*PRODUCTS["title"], "description"),
}  # fmt: skip
USERS: dict[str, tuple[str, ...]] = {"id": (*EVENTS["user"], "id"), "text": ("text", "about")}
ATTRIBUTES = {
    "color", "colour", "size", "material", "pattern", "gender", "agegroup", "style", "theme",
    "flavor",
    "flavour", "scent", "occasion", "season", "shape", "finish", "farbe", "größe", "groesse",
    "muster",
    "geschlecht", "stil", "颜色", "尺寸", "尺码", "材质", "图案", "性别", "口味", "风格",
    "volume", "weight",
    "length", "width", "height", "inhalt", "gewicht", "容量", "重量", "规格", "tags",
}  # fmt: skip
PURCHASES = {
    "purchase", "buy", "order", "transaction", "sale", "bought", "checkout", "paid", "kauf",
    "bestellung", "购买", "下单", "支付",
}  # fmt: skip


def plain(name: str) -> str:
    """Return a column's name as it is compared.

    >>> plain("Customer ID"), plain("item_group_id"), plain("g:price")
    ('customerid', 'itemgroupid', 'price')
    """
    return re.sub(r"[\W_]+", "", name.lower().removeprefix("g:"))
